use mp_runtime::process;

#[process]
fn run() {}

fn start() {
    let _ = run::process().daemon(1).spawn();
}

fn main() {}
