use mp_runtime::process;

#[process(name "worker")]
fn run() {}

fn main() {}
