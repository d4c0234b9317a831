//! Is no process stuck that a thread has started by the fork server, beside others that do the same?
//!
//! `.ci/run` has ten thousand of each.

use mp_tests::{Outcome, fixture};

#[track_caller]
fn started_from(threads: &str) -> Outcome {
    let outcome = fixture("fixture_starters").args([threads, "500"]).run();
    outcome.assert_code(0);
    assert_eq!((&*outcome.stdout, &*outcome.stderr), ("", ""));
    outcome
}

#[test]
fn no_process_is_stuck_that_a_thread_of_rayon_has_started() {
    started_from("rayon");
}

#[test]
fn no_process_is_stuck_that_a_thread_of_std_has_started() {
    started_from("threads");
}
