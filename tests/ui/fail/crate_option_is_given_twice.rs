use mp_runtime::{mp_main, process};

#[process]
fn run() {}

mp_main! {
    #![crate = ::mp_runtime, crate = ::mp_runtime]
    run();
}
