#![deny(warnings)]

use std::process::Termination;

use mp_runtime::{mp_main, process};

#[process]
fn run() -> u32 {
    42
}

mp_main! {
    run();

    #[inline(never)]
    #[must_use]
    #[cold]
    fn main() -> Result<impl Termination, Box<dyn std::error::Error>> {
        assert_eq!(run.join()?, 42);
        Ok(())
    }
}
