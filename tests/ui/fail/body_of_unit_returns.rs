use mp_runtime::process;

#[process]
fn run() {
    7
}

fn main() {}
