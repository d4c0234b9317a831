#![allow(warnings)]

use mp_runtime::process;

struct run {}

#[process]
fn run() {}

fn main() {}
