use mp_runtime::mp_main;

fn plain() {}

mp_main! {
    worker[2]: plain();
}
