use mp_runtime::process;

#[process(affinity(0))]
fn run() {}

fn main() {
    let _ = run::spawn();
}
