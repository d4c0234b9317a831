#![deny(warnings)]

use mp_runtime::{mp_main, process};

#[process]
fn run() {}

mp_main! {
    run();

    /// Where there is none, the program is as one without.
    #[cfg(windows)]
    fn main() -> Result<(), String> {
        Err("not here".to_owned())
    }
}
