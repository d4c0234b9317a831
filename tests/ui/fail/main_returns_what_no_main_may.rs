use mp_runtime::mp_main;

mp_main! {
    fn main() -> u32 {
        7
    }
}
