use mp_runtime::process;

#[process]
fn run() -> u32 { 1 }

fn start() {
    let _ = run().spawn();
}

fn main() {}
