//! Processes that end in every way there is, and what their parent is told of it.
//!
//! The programs `fixture_endings`, `fixture_endings_cloned` and `fixture_endings_every` and the test `endings_in_a_test` start them; the texts
//! that these have to print are in [`expected`].

pub mod abort_build;
mod account;
pub mod expected;
mod oddities;
mod place;
pub mod sys;
mod ways;

pub use account::tell;
pub use place::run;

/// Whether the process function answers for the other threads of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Threads {
    /// `#[process]`
    Refused,
    /// `#[process(unsafe(threads))]`
    AnsweredFor,
}

/// Starts the process of this name, joins it, and gives the account of its end, on one line.
///
/// # Panics
///
/// If there is none of this name.
pub fn account(way: &str, threads: Threads) -> String {
    match ways::account(way, threads).or_else(|| oddities::account(way)) {
        Some(account) => account,
        None => panic!("expected a way to end, found `{way}`"),
    }
}
