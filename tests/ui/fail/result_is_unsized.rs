use mp_runtime::process;

#[process]
fn run() -> str {
    "text"
}

fn main() {}
