use mp_runtime::process;

#[process]
fn run<T>(value: T) where T: Nonsense {}

fn main() {}
