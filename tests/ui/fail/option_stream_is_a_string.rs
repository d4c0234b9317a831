use mp_runtime::process;

#[process(stdin = "null")]
fn run() {}

fn main() {
    let _ = run::spawn();
}
