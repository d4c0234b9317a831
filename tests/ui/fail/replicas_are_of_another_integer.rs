use mp_runtime::{mp_main, process};

const COUNT: u32 = 2;

#[process]
fn run() {}

mp_main! {
    worker[COUNT]: run();
}
