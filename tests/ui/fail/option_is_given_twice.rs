use mp_runtime::process;

#[process(daemon, daemon)]
fn run() {}

fn main() {}
