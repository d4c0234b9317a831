use mp_runtime::process;

#[process(terminal, detached)]
fn run() {}

fn main() {}
