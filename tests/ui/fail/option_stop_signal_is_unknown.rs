use mp_runtime::process;

#[process(stop_signal = SIGTREM)]
fn run() {}

fn main() {
    let _ = run::spawn();
}
