#![allow(warnings)]

use mp_runtime::process;

#[process]
fn run<T: Ord>(value: T) {}

fn start() {
    let _ = run::spawn(1.5);
}

fn main() {}
