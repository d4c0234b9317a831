use mp_runtime::process;

#[process]
fn run() {}

fn start() {
    let _ = rum::spawn();
}

fn main() {}
