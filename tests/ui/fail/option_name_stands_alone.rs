use mp_runtime::process;

#[process(name)]
fn run() {}

fn main() {}
