use mp_runtime::process;

#[process(start = forkserver)]
fn run(_name: &str) {}

fn main() {
    let _ = run::spawn("lucky");
}
