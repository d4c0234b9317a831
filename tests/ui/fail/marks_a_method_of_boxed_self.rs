use mp_runtime::process;

struct Server;

impl Server {
    #[process]
    fn run(self: Box<Self>) {}
}

fn main() {}
