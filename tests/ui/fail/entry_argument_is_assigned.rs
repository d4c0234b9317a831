use mp_runtime::{mp_main, process};

#[process]
fn run(_name: &str, _word: &str) {}

mp_main! {
    run(name = "lucky", word = "good");
}
