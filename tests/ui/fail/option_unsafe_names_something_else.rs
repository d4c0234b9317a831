use mp_runtime::process;

#[process(unsafe(signals))]
fn run() {}

fn main() {}
