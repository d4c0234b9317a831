use mp_runtime::process;

#[process]
fn run() {}

fn start() {
    let _ = run::start();
}

fn main() {}
