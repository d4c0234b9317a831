use mp_runtime::process;

#[process]
unsafe extern "C" fn run(_count: u32, _: ...) {}

fn main() {}
