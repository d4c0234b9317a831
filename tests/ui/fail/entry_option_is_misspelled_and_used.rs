#![allow(warnings)]

use mp_runtime::{mp_main, process};

#[process(deamon)]
fn run() -> u32 { 1 }

mp_main! {
    run();

    fn main() {
        let one: u32 = run.join().unwrap();
    }
}
