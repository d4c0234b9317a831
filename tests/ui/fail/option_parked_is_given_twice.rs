use mp_runtime::{mp_main, process};

#[process]
fn run() {}

mp_main! {
    #![parked = 2]
    #![parked = 3]
    run();
}
