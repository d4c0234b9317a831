#![deny(warnings)]

use mp_runtime::{mp_main, process};

#[process]
fn run() -> u32 {
    42
}

mp_main! {
    run();

    #[cfg(unix)]
    #[cfg_attr(unix, cfg(not(windows)))]
    fn main() -> Result<(), Box<dyn std::error::Error>> {
        assert_eq!(run.join()?, 42);
        Ok(())
    }
}
