use mp_runtime::process;

#[process(name = "one" "two")]
fn run() {}

fn main() {}
