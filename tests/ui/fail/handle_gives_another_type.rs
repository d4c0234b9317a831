use mp_runtime::process;

#[process]
fn run() -> u32 { 1 }

fn start() {
    let text: String = run::spawn().unwrap().join().unwrap();
}

fn main() {}
