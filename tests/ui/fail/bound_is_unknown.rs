use mp_runtime::process;

#[process]
fn run<T: Nonsense>(value: T) {}

fn main() {}
