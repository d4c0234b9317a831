use mp_runtime::mp_main;

fn plain() {}

mp_main! {
    worker: plain();
}
