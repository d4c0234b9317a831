use mp_runtime::{mp_main, process};

#[process]
fn run<T>() {}

mp_main! {
    run();
}
