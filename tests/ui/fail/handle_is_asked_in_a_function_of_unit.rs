use mp_runtime::process;

#[process]
fn run() {}

fn start() {
    let child = run::spawn()?;
}

fn main() {}
