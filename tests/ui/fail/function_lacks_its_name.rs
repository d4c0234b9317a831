use mp_runtime::process;

#[process]
fn () {}

fn main() {}
