use mp_runtime::process;

#[process]
fn run<T>(value: T) -> T {
    value
}

fn main() {}
