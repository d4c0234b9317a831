use mp_runtime::process;

#[process]
fn run(Some(port): Option<u16>) {}

fn main() {}
