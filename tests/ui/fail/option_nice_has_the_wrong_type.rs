use mp_runtime::process;

#[process(nice = "low")]
fn run() {}

fn main() {
    let _ = run::spawn();
}
