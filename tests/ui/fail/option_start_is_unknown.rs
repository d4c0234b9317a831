use mp_runtime::process;

#[process(start = spawn)]
fn run() {}

fn main() {}
