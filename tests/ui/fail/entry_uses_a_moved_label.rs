#![allow(warnings)]

use mp_runtime::{mp_main, process};

#[process]
fn run(child: mp_runtime::Child<()>) {}

#[process]
fn walk() {}

mp_main! {
    walk();
    first: run(walk);
    second: run(walk);
}
