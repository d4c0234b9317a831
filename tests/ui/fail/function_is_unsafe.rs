#![allow(warnings)]

use mp_runtime::process;

#[process]
unsafe fn run(address: *const u8) {}

fn main() {}
