use mp_runtime::process;

#[process]
fn run() -> Strin {
    String::new()
}

fn main() {}
