use mp_runtime::mp_main;

mp_main! {
    fn main() -> Result<(), String> {
        7
    }
}
