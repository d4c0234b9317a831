#![allow(warnings)]

use mp_runtime::process;

fn start() {
    #[process]
    let run = 1;
}

fn main() {}
