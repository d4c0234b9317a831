use mp_runtime::{mp_main, process};

#[process]
fn run() {}

mp_main! {
    let count = if cfg!(unix) { 4 } else { 2 };
    run();
}
