use mp_runtime::process;

#[process(crate = "mp_runtime")]
fn run() {}

fn main() {}
