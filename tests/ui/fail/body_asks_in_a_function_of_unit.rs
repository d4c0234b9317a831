use mp_runtime::process;

#[process]
fn run() {
    std::fs::read("/dev/null")?;
}

fn main() {}
