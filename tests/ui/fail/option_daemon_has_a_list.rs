use mp_runtime::process;

#[process(daemon())]
fn run() {}

fn main() {}
