use mp_runtime::process;

#[process(unsafe = threads)]
fn run() {}

fn main() {}
