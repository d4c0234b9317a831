use mp_runtime::{mp_main, process};

#[process(limit(open_files = 64, open_files = 128))]
fn run() {}

mp_main! {
    run();
}
