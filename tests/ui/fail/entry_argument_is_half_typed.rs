#![allow(warnings)]

use mp_runtime::{mp_main, process};

#[process]
fn run(text: &str) {}

mp_main! {
    run("text".);
}
