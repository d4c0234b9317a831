use mp_runtime::process;

#[process]
fn run(text: &'a str) {}

fn main() {}
