use mp_runtime::{mp_main, process};

#[process]
fn work() {}

mp_main! {
    #![isolated = pid_namespace]

    work();
}
