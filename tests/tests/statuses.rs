//! Is the end of a process told in full, whatever the program does with SIGCHLD and `wait`, and waited for as it should be?

use mp_tests::{Run, fixture};

/// The scene asserts by itself.
#[track_caller]
fn scene(run: Run) {
    let outcome = run.run();
    outcome.assert_code(0);
    assert_eq!(outcome.stderr, "");
    assert_eq!(outcome.stdout.replace("handler\n", ""), "");
}

#[test]
fn ends_are_told_where_sigchld_was_ignored_at_the_start() {
    scene(fixture("fixture_statuses").arg("exec-ignored"));
}

#[test]
fn ends_are_told_where_sigchld_is_ignored_later() {
    scene(fixture("fixture_statuses").arg("ignored-later"));
}

#[test]
fn ends_are_told_where_statuses_are_discarded() {
    scene(fixture("fixture_statuses").arg("discarded"));
}

#[test]
fn ends_are_told_where_another_wait_takes_the_status() {
    scene(fixture("fixture_statuses").arg("stolen"));
}

#[test]
fn handler_for_sigchld_is_kept_and_runs() {
    scene(fixture("fixture_statuses").arg("handled"));
}

#[test]
fn join_is_awake_for_a_moment_and_then_sleeps() {
    scene(fixture("fixture_statuses").arg("long"));
}
