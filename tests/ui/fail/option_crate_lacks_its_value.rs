use mp_runtime::process;

#[process(crate =)]
fn run() {}

fn main() {}
