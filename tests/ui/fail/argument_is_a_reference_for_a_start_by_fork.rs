use mp_runtime::process;

#[process(start = fork)]
fn run(_text: &str) {}

fn main() {}
