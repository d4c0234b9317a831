//! Is anything left when a program, or one of its processes, is killed at one of its system calls?
//!
//! The whole sweep is `cargo run -p mp-tests --bin sweep`; here one in eleven of its points.

use std::time::Duration;

use mp_tests::fixture;

/// How many points were swept, and all survived by nobody.
#[track_caller]
fn swept(first: u32) -> usize {
    let run = fixture("sweep").args([first.to_string(), "11".to_owned()]).deadline(Duration::from_secs(120));
    let outcome = run.run();
    outcome.assert_code(0);
    let last = outcome.stdout.lines().last().unwrap_or_default();
    let points = last.strip_prefix("points ").and_then(|rest| rest.split_once(", survivors 0, wrong 0"));
    let points = points.unwrap_or_else(|| panic!("expected no survivors\n{outcome}")).0;
    points.parse().unwrap_or_else(|error| panic!("{error}: {last}"))
}

#[test]
fn no_crash_point_leaves_a_process() {
    let points = swept(1 + std::process::id() % 11);
    assert!(points >= 250, "{points} points");
}
