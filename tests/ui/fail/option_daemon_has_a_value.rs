use mp_runtime::process;

#[process(daemon = true)]
fn run() {}

fn main() {}
