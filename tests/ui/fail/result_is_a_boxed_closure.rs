use mp_runtime::process;

#[process]
fn run() -> Box<dyn Fn(u32) -> u32> {
    Box::new(|n| n)
}

fn main() {}
