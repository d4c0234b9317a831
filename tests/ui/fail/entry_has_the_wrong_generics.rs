#![allow(warnings)]

use mp_runtime::{mp_main, process};

#[process]
fn run<T>(value: T) {}

mp_main! {
    run::<u32, u32>(1);
}
