use mp_runtime::process;

#[process]
fn run(text: &str) -> Option<&str> {
    Some(text)
}

fn main() {}
