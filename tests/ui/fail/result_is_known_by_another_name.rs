use mp_runtime::process;

type Outcome<T> = Result<T, std::io::Error>;

#[process]
fn run() -> Outcome<u32> {
    Ok(1)
}

fn main() {}
