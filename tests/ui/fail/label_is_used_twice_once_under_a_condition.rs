use mp_runtime::{mp_main, process};

#[process]
fn run() {}

mp_main! {
    worker: run();
    #[cfg(unix)]
    worker: run();
}
