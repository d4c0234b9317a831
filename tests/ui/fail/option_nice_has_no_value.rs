use mp_runtime::process;

#[process(nice)]
fn run() {}

fn main() {
    let _ = run::spawn();
}
