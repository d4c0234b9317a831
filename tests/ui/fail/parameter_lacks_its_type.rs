use mp_runtime::process;

#[process]
fn run(port) {}

fn main() {}
