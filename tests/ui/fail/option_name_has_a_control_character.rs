use mp_runtime::process;

#[process(name = "two\nlines")]
fn run() {}

fn main() {}
