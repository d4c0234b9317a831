use mp_runtime::process;

struct Server;

impl Server {
    #[process]
    fn run(self, port: u16) -> u16 {
        port
    }
}

fn main() {}
