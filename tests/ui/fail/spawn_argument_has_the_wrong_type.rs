#![allow(warnings)]

use mp_runtime::process;

#[process]
fn run(count: u32) {}

fn start() {
    let _ = run::spawn("four");
}

fn main() {}
