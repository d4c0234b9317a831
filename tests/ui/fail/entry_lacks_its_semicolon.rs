use mp_runtime::{mp_main, process};

#[process]
fn run() {}

mp_main! {
    first: run()
    second: run();
}
