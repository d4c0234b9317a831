use mp_runtime::process;
use mp_runtime::StartMethod;

#[process]
fn run() {}

fn main() {
    let _ = run::process().start(StartMethod::Exec).spawn();
}
