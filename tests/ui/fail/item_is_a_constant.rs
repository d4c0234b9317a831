use mp_runtime::{mp_main, process};

#[process]
fn run() {}

mp_main! {
    const COUNT: usize = 4;
    run();
}
