use mp_runtime::mp_main;

mod jobs {
    mod inner {
        #[mp_runtime::process]
        pub fn run() {}
    }
}

mp_main! {
    jobs::inner::run();
}
