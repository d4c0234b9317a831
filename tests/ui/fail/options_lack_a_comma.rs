use mp_runtime::process;

#[process(daemon name = "worker")]
fn run() {}

fn main() {}
