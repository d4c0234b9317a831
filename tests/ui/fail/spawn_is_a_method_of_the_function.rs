use mp_runtime::process;

#[process]
fn run() {}

fn start() {
    let _ = run.spawn();
}

fn main() {}
