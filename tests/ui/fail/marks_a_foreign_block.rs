use mp_runtime::process;

#[process]
unsafe extern "C" {}

fn main() {}
