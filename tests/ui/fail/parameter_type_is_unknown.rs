use mp_runtime::process;

#[process]
fn run(text: Strin) {}

fn main() {}
