use mp_runtime::process;

#[process]
mod run {}

fn main() {}
