//! Is anything left when a program, or one of its processes, is killed at one of its system calls, or one of these fails?
//!
//! The whole sweep is `cargo run -p mp-tests --bin sweep`; here one in eleven of its points, one in 61 of those of pools, and one in seven
//! of those of failing calls.

use std::time::Duration;

use mp_tests::fixture;

/// How many points were swept, and all survived by nobody.
#[track_caller]
fn swept(words: &[&str]) -> usize {
    let outcome = fixture("sweep").args(words).deadline(Duration::from_secs(120)).run();
    outcome.assert_code(0);
    let last = outcome.stdout.lines().last().unwrap_or_default();
    let points = last.strip_prefix("points ").and_then(|rest| rest.split_once(", survivors 0, wrong 0"));
    let points = points.unwrap_or_else(|| panic!("expected no survivors\n{outcome}")).0;
    points.parse().unwrap_or_else(|error| panic!("{error}: {last}"))
}

#[test]
fn no_crash_point_leaves_a_process() {
    let first = 1 + std::process::id() % 11;
    let points = swept(&[&first.to_string(), "11", "processes"]);
    assert!(points >= 250, "{points} points");
}

/// Its workers are among those that are killed: in their initialiser, at an item, while they send and while they leave. The program
/// keeps an account of each item.
#[test]
fn no_crash_point_of_a_pool_loses_more_than_an_item_or_leaves_a_process() {
    let first = 1 + std::process::id() % 61;
    let points = swept(&[&first.to_string(), "61", "pools"]);
    assert!(points >= 60, "{points} points");
}

/// By each start method. One in seven of the calls of a start in turn, with each of its documented errors; the tracer knows the registers of one architecture.
#[test]
#[cfg(target_arch = "x86_64")]
fn no_failure_of_a_system_call_leaves_anything() {
    let first = 1 + std::process::id() % 7;
    let points = swept(&["failures", &first.to_string(), "7"]);
    assert!(points >= 60, "{points} points");
}
