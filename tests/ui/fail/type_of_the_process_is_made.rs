#![allow(warnings)]

use mp_runtime::process;

#[process]
fn run(port: u16) {}

fn start() {
    let _ = run { port: 80 };
}

fn main() {}
