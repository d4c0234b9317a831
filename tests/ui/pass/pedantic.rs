#![deny(
    warnings,
    missing_docs,
    missing_debug_implementations,
    unused,
    future_incompatible,
    let_underscore,
    rust_2018_idioms,
    single_use_lifetimes,
    unused_qualifications,
    unused_lifetimes,
    unreachable_pub,
    trivial_casts,
    clippy::all,
    clippy::pedantic,
    clippy::allow_attributes_without_reason
)]
//! The macros' output passes what a strict user turns on.

use mp_runtime::{mp_main, process};

/// Doubles.
#[process]
#[must_use]
pub fn double(n: u32) -> u32 {
    n * 2
}

/// Reads.
///
/// # Errors
///
/// Where there is nothing to read.
#[process(name = "reader")]
pub fn read<'a>(path: &'a str, (_first, _second): (&'a u8, u8)) -> std::io::Result<Vec<u8>> {
    std::fs::read(path)
}

/// Serves.
#[process(daemon, unsafe(threads))]
fn serve() -> ! {
    loop {
        std::thread::park();
    }
}

mp_main! {
    serve();
    double(2);
    reader[2]: read("/dev/null", (&1, 2));

    fn main() -> std::io::Result<()> {
        assert!(double.join().is_ok());
        Ok(())
    }
}
