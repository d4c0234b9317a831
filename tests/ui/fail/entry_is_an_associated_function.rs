use mp_runtime::mp_main;

struct Server;

impl Server {
    fn run() {}
}

mp_main! {
    Server::run();
}
