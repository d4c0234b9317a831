use mp_runtime::process;

#[process]
unsafe trait Run {}

fn main() {}
