use mp_runtime::process;

#[process]
fn run() -> Result<u32, ()> {
    Err(())
}

fn main() {}
