use mp_runtime::process;

#[process]
fn run<T, T>(value: T) {}

fn main() {}
