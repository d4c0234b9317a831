use mp_runtime::process;

#[process(priority = 3)]
fn run() {}

fn main() {}
