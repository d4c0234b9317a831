//! Do closures run as processes do, and does a scope leave nothing behind?

use mp_tests::{Outcome, fixture};

/// The scene asserts by itself.
#[track_caller]
fn scene(word: &str) -> Outcome {
    let outcome = fixture("fixture_scope").arg(word).run();
    outcome.assert_code(0);
    outcome
}

#[test]
fn closures_borrow_and_give_values_failures_and_panics() {
    scene("closures");
}

#[test]
fn scope_waits_for_processes_that_nobody_has_joined() {
    assert_eq!(scene("waits").stderr, "");
}

#[test]
fn scope_stops_its_daemons() {
    assert_eq!(scene("stops-daemons").stderr, "");
}

#[test]
fn scope_panics_with_a_failure_that_nobody_has_looked_at() {
    let outcome = scene("failure");
    let (before, after) = outcome.stdout.split_once(" (pid ").expect("the message names the process");
    assert_eq!(before, "a process of the scope has failed: process `leaver`");
    assert!(after.ends_with(") exited with code 7 before its function returned\n"), "{after}");
    assert_eq!(outcome.stderr.matches("leaver").count(), 1, "told once, by the panic: {}", outcome.stderr);
}

#[test]
fn scope_stops_its_processes_when_its_block_panics() {
    scene("block");
}

#[test]
fn scopes_may_be_nested() {
    assert_eq!(scene("nested").stderr, "");
}

#[test]
fn scope_holds_nothing_of_processes_that_have_ended_well() {
    assert_eq!(scene("keeps-nothing").stderr, "");
}
