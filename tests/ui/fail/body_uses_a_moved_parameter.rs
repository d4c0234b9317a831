use mp_runtime::process;

#[process]
fn run(text: String) -> String {
    drop(text);
    text
}

fn main() {}
