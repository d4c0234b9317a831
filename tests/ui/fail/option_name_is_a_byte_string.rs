use mp_runtime::process;

#[process(name = b"worker")]
fn run() {}

fn main() {}
