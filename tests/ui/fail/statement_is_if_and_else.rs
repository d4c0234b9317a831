use mp_runtime::{mp_main, process};

#[process]
fn run() {}

mp_main! {
    if cfg!(unix) {
        run();
    } else {
        return;
    }
    run();
}
