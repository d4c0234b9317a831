use mp_runtime::process;

#[process(deamon)]
fn run() {}

fn main() {}
