use mp_runtime::mp_main;

mp_main! {
    extern "C" fn main() {}
}
