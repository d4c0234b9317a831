#![allow(warnings)]

use mp_runtime::{mp_main, process};

#[process]
fn run(text: Vec<u8>) {}

mp_main! {
    run(std::fs::read("/dev/null")?);
}
