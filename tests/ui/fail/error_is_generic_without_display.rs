use mp_runtime::process;

#[process]
fn run<E>(error: E) -> Result<u32, E> {
    Err(error)
}

fn main() {}
