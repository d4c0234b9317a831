use mp_runtime::mp_main;

struct Broken;

mp_main! {
    fn main() -> Result<(), Broken> {
        Err(Broken)
    }
}
