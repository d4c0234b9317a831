#![allow(warnings)]

use mp_runtime::process;

#[process]
fn run(text: &str) {}

fn start() {
    let _ = run::spawn();
}

fn main() {}
