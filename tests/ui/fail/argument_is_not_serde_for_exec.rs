use mp_runtime::process;

struct Point(i32);

#[process(start = exec)]
fn run(count: u32, _point: Point) -> u32 {
    count
}

fn main() {
    let _ = run::spawn(1, Point(1));
}
