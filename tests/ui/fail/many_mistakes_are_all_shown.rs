#![allow(warnings)]

use mp_runtime::{mp_main, process};

#[process(deamon, name = 7)]
fn run(values: impl Iterator<Item = u32>) {}

mp_main! {
    worker: run(0..4);
    worker: run(4..8);
    println!("started");
}
