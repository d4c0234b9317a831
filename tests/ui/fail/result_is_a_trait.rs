use mp_runtime::process;

#[process]
fn run() -> dyn std::fmt::Debug {
    1
}

fn main() {}
