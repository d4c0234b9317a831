use mp_runtime::process;

#[process]
fn run(text: &str) -> &str {
    text
}

fn main() {}
