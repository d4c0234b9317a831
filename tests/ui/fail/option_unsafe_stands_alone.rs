use mp_runtime::process;

#[process(unsafe)]
fn run() {}

fn main() {}
