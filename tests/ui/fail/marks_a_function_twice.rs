use mp_runtime::process;

#[process]
#[process]
fn run() {}

fn main() {}
