use mp_runtime::process;

#[process(grace = "5")]
fn run() {}

fn main() {
    let _ = run::spawn();
}
