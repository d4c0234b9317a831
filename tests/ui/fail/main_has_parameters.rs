use mp_runtime::mp_main;

mp_main! {
    fn main(arguments: Vec<String>) {}
}
