use mp_runtime::process;

#[process(limit = 64)]
fn run() {}

fn main() {
    let _ = run::spawn();
}
