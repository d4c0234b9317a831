use mp_runtime::mp_main;

mp_main! {
    fn main() -> impl std::fmt::Display {
        "lucky"
    }
}
