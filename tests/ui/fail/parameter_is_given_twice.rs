#![allow(warnings)]

use mp_runtime::process;

#[process]
fn run(port: u16, port: u16) {}

fn main() {}
