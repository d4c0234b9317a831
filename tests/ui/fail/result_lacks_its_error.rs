use mp_runtime::process;

#[process]
fn run() -> Result<u32> {
    Ok(1)
}

fn main() {}
