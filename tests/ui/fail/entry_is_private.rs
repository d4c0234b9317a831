use mp_runtime::mp_main;

mod jobs {
    #[mp_runtime::process]
    fn run() {}
}

mp_main! {
    jobs::run();
}
