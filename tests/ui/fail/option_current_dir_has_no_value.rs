use mp_runtime::process;

#[process(current_dir)]
fn run() {}

fn main() {
    let _ = run::spawn();
}
