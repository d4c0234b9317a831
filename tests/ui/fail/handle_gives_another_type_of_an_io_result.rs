use mp_runtime::process;

#[process]
fn run() -> std::io::Result<u32> { Ok(1) }

fn start() {
    let text: String = run::spawn().unwrap().join().unwrap();
}

fn main() {}
