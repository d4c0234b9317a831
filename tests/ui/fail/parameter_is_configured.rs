#![allow(warnings)]

use mp_runtime::process;

#[process]
fn run(#[cfg(unix)] port: u16) {}

fn main() {}
