use mp_runtime::{mp_main, process};

#[process]
fn run(text: &str) -> &str {
    text
}

mp_main! {
    run("text");
}
