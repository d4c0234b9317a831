use mp_runtime::process;

trait Server {
    #[process]
    fn run();
}

fn main() {}
