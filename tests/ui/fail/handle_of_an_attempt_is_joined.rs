use mp_runtime::process;

#[process]
fn run() -> u32 { 1 }

fn start() {
    run::spawn().join();
}

fn main() {}
