#![deny(warnings, elided_lifetimes_in_paths)]

use std::borrow::Cow;

use mp_runtime::{mp_main, process};

#[deprecated]
struct Old;

#[allow(non_snake_case)]
#[process]
fn solve(A: u32, X: u32) -> u32 {
    A * X
}

#[process]
#[expect(non_snake_case, reason = "as in the paper")]
fn Solve(B: u32) -> u32 {
    B
}

#[process]
fn part(#[allow(non_snake_case)] C: u32) -> u32 {
    C
}

#[allow(deprecated)]
#[process]
fn old(old: Option<Old>) -> bool {
    old.is_some()
}

#[process]
#[allow(elided_lifetimes_in_paths)]
fn length(text: Cow<str>) -> usize {
    text.len()
}

#[process]
#[allow(non_upper_case_globals, non_camel_case_types)]
fn count<number: Copy, const n: usize>(numbers: [number; n]) -> usize {
    numbers.len()
}

mp_main! {
    solve(6, 7);
    Solve(1);
    part(2);
    old(None);
    length("lucky".into());
    count([0, 0]);

    fn main() {
        assert_eq!(solve.join().unwrap(), 42);
        assert_eq!(Solve.join().unwrap(), 1);
    }
}
