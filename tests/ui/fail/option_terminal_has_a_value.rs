use mp_runtime::process;

#[process(terminal = "/dev/tty")]
fn run() {}

fn main() {}
