//! The shortest program with parameters.
use mp_runtime::{mp_main, process};

#[process]
fn run1() {}

#[process(name = "run2", daemon)]
fn run2(name: &str, word: &str) {
    assert_ne!(name, word);
}

mp_main! {
    run1();
    run2("xiaozhang", "good");
}
