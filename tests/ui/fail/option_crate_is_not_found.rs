use mp_runtime::process;

#[process(crate = ::nowhere)]
fn run() {}

fn main() {}
