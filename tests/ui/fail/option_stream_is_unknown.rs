use mp_runtime::process;

#[process(stdout = file)]
fn run() {}

fn main() {
    let _ = run::spawn();
}
