use mp_runtime::process;

#[process(daemon, detached)]
fn run() {}

fn main() {}
