use mp_runtime::process;

#[process]
fn run() -> u32 {
    nubmer
}

fn main() {}
