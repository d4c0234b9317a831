use mp_runtime::process;

#[process]
fn run {}

fn main() {}
