//! A function that gives a `Result`, and a program that has its own `fn main`.
use std::io;

use mp_runtime::process;

/// Reads a file.
#[process]
pub(crate) fn read(path: &str, (first, last): (usize, usize)) -> io::Result<Vec<u8>> {
    Ok(std::fs::read(path)?[first..last].to_vec())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    assert_eq!(read::spawn("/proc/self/comm", (0, 2))?.join()?, b"re");
    Ok(())
}
