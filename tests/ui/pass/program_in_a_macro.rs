#![deny(warnings)]

use std::process::ExitCode;

use mp_runtime::{mp_main, process};

macro_rules! wrap {
    ($($tokens:tt)*) => { mp_main! { $($tokens)* } };
}

#[process]
#[allow(clippy::too_many_arguments)]
fn sum(a: u8, b: u8, c: u8, d: u8, e: u8, f: u8, g: u8, h: u8) -> u8 {
    a + b + c + d + e + f + g + h
}

wrap! {
    sum(1, 2, 3, 4, 5, 6, 7, 8);

    fn main() -> ExitCode {
        assert_eq!(sum.join().unwrap(), 36);
        ExitCode::SUCCESS
    }
}
