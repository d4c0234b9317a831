use mp_runtime::{mp_main, process};

const WORKER: u32 = 1;

#[process]
fn run() {}

mp_main! {
    WORKER: run();
}
