use mp_runtime::{mp_main, process};

#[process(env(LANG = "C", LANG = "en"))]
fn run() {}

mp_main! {
    run();
}
