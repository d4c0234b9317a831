use mp_runtime::process;

#[process]
fn run() -> fn(u32) -> u32 {
    |n| n
}

fn main() {}
