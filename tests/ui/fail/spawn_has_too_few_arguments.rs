#![allow(warnings)]

use mp_runtime::process;

#[process]
fn run(text: &str, count: u32) {}

fn start() {
    let _ = run::spawn("text");
}

fn main() {}
