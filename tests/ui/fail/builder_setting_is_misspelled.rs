use mp_runtime::process;

#[process]
fn run() {}

fn start() {
    let _ = run::process().deamon(true).spawn();
}

fn main() {}
