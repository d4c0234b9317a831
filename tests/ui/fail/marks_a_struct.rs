use mp_runtime::process;

#[process]
struct Run {}

fn main() {}
