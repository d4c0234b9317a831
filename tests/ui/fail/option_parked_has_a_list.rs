use mp_runtime::{mp_main, process};

#[process(start = forkserver)]
fn run() {}

mp_main! {
    #![parked(4)]
    run();
}
