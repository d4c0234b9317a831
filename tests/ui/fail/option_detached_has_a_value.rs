use mp_runtime::process;

#[process(detached = false)]
fn run() {}

fn main() {}
