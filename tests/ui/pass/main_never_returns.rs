#![deny(warnings)]

use mp_runtime::{mp_main, process};

#[process]
fn run() {}

mp_main! {
    run();

    fn main() -> ! {
        run.join().unwrap();
        std::process::exit(0)
    }
}
