use mp_runtime::mp_main;

mp_main! {
    server.run();
}
