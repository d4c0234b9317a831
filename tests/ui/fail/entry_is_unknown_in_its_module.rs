use mp_runtime::mp_main;

mod jobs {
    #[mp_runtime::process]
    pub fn run() {}
}

mp_main! {
    jobs::rum();
}
