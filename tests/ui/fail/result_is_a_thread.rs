use mp_runtime::process;

#[process]
fn run() -> std::thread::Thread {
    std::thread::current()
}

fn main() {}
