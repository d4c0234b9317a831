use mp_runtime::process;

#[process(start)]
fn run() {}

fn main() {}
