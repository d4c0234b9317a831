use mp_runtime::process;

#[process("worker")]
fn run() {}

fn main() {}
