use mp_runtime::process;

struct Server;

impl Server {
    #[process]
    fn run(&self) {}
}

fn main() {}
