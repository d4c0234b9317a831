use mp_runtime::{mp_main, process};

#[process]
fn run() {}

mp_main! {
    worker: run();
    r#worker: run();
}
