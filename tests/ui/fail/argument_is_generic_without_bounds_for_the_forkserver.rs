use mp_runtime::process;

#[process(start = forkserver)]
fn run<T>(_value: T) -> Result<u32, String> {
    Ok(1)
}

fn main() {
    let _ = run::spawn(1);
}
