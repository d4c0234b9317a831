#![allow(warnings)]

use mp_runtime::{mp_main, process};

#[process]
fn run(id: u32) {}

mp_main! {
    first: run(second.id());
    second: run(1);
}
