use mp_runtime::{mp_main, process};

#[process]
fn work() {}

mp_main! {
    #![isolate = pid_namespace | user_namespace]

    work();
}
