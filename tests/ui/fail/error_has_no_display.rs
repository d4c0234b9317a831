use mp_runtime::process;

struct Broken;

#[process]
fn run() -> Result<u32, Broken> {
    Err(Broken)
}

fn main() {}
