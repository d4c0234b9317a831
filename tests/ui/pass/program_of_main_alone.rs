#![deny(warnings)]

use std::process::ExitCode;

mp_runtime::mp_main! {
    fn main() -> ExitCode {
        ExitCode::SUCCESS
    }
}
