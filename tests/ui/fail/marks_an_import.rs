#![allow(warnings)]

use mp_runtime::process;

#[process]
use std::thread;

fn main() {}
