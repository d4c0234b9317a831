use mp_runtime::process;

#[process]
fn main() {}
