#![deny(warnings)]

use std::process::{ExitCode, Termination};

use mp_runtime::mp_main;

mp_main! {
    fn main() -> impl Termination {
        if std::env::args().len() > 9 {
            return ExitCode::FAILURE;
        }
        ExitCode::SUCCESS
    }
}
