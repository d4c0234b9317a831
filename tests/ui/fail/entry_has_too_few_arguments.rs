#![allow(warnings)]

use mp_runtime::{mp_main, process};

#[process]
fn run(text: &str, count: u32) {}

mp_main! {
    run("text");
}
