#![allow(warnings)]

use std::fmt::Display;

use mp_runtime::process;

#[process]
fn run(value: impl Display) {}

fn main() {}
