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

macro_rules! declare {
    ($name:ident -> $output:ty $body:block) => {
        #[process]
        fn $name() -> $output $body
    };
}

declare! { fails -> Result<u8, String> { Err("no luck".to_owned()) } }

wrap! {
    sum(1, 2, 3, 4, 5, 6, 7, 8);

    fn main() -> ExitCode {
        assert_eq!(sum.join().unwrap(), 36);
        let failed: mp_runtime::Child<u8> = fails::spawn().unwrap();
        assert!(failed.join().unwrap_err().to_string().ends_with("failed: no luck"));
        ExitCode::SUCCESS
    }
}
