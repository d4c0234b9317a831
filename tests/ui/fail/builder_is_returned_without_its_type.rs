use mp_runtime::process;

#[process]
fn run() {}

fn start() -> mp_runtime::Builder {
    run::process()
}

fn main() {}
