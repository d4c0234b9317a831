use mp_runtime::process;

#[process]
fn run() -> ! {
    println!("done");
}

fn main() {}
