//! Do the macros mean the same in older editions? One program, compiled in each of them.
#![deny(warnings)]
#![allow(missing_docs, reason = "a program has no public items")]

use std::fmt::Display;

use mp_runtime::{mp_main, process, Child, SpawnError};
use serde::de::DeserializeOwned;
use serde::Serialize;

#[process]
fn length(text: &str) -> usize {
    text.len()
}

#[process]
fn parsed<'a>(text: &'a str, other: &'a [u8]) -> Result<usize, std::num::ParseIntError> {
    Ok(text.parse::<usize>()? + other.len())
}

#[process]
fn copy<T: Clone + Serialize + DeserializeOwned>(value: &T) -> T {
    value.clone()
}

#[process]
fn said<T: Display>(value: T) -> String {
    value.to_string()
}

#[process(start = exec)]
fn square(n: u32) -> u32 {
    n * n
}

// What trybuild allows everywhere, so that `ui/pass` cannot expect it.
#[process]
#[expect(dead_code, non_snake_case, reason = "listed and called nowhere")]
fn unused(N: u32) {
    assert_eq!(N, 0);
}

/// A handle does not borrow what its process has read.
fn started(text: String) -> Result<Child<String>, SpawnError> {
    said::process(&text).name("said").spawn()
}

mp_main! {
    length("lucky");
    parsed("40", b"ab");
    copy(&vec![1, 2]);
    square(3);

    fn main() {
        assert_eq!(length.join().unwrap(), 5);
        assert_eq!(parsed.join().unwrap(), 42);
        assert_eq!(copy.join().unwrap(), [1, 2]);
        assert_eq!(square.join().unwrap(), 9);
        assert_eq!(started("good".to_owned()).unwrap().join().unwrap(), "good");
    }
}
