use mp_runtime::process;

#[process(env("NAME", "value"))]
fn run() {}

fn main() {
    let _ = run::spawn();
}
