use mp_runtime::process;

#[process]
fn run() {}

fn start() {
    let child = run::spawn().unwrap();
    child.join().unwrap();
    child.join().unwrap();
}

fn main() {}
