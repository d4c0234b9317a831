use mp_runtime::{mp_main, process};

#[process]
fn run() {}

mp_main! {
    pub(crate) struct Point;
    run();
}
