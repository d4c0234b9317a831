use mp_runtime::process;

#[process]
fn run() -> _ {
    1
}

fn main() {}
