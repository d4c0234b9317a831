use mp_runtime::process;

#[process]
fn run() -> &'static str {
    "text"
}

fn main() {}
