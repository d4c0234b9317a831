use mp_runtime::{mp_main, process};

#[process]
fn run() {}

mp_main! {
    for _ in 0..4 {
        run();
    }
}
