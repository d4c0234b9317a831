use mp_runtime::process;

#[process]
fn run(text: &str) -> Result<&str, String> {
    Ok(text)
}

fn main() {}
