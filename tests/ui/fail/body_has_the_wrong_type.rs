use mp_runtime::process;

#[process]
fn run() -> u32 {
    "text"
}

fn main() {}
