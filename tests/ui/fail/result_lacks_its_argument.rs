use mp_runtime::process;

#[process]
fn run() -> Vec {
    vec![1]
}

fn main() {}
