use mp_runtime::process;

#[process]
fn run(text: str) {}

fn main() {}
