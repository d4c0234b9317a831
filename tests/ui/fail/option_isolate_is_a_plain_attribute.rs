use mp_runtime::{mp_main, process};

#[process]
fn run() {}

mp_main! {
    #[isolate = pid_namespace]
    run();
}
