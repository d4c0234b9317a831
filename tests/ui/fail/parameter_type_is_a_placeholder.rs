use mp_runtime::process;

#[process]
fn run(port: _) {}

fn main() {}
