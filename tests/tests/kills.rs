//! A process is killed anywhere in what it does with a channel: is all that it has sent delivered once, and does nobody hang?
//!
//! Each at 160 moments while it works, and at 5 instructions, stepped to one by one; with optimisation, when there are
//! fewer instructions to step over, at 40. Together more than 2000 points.

use std::time::Duration;

use mp_tests::fixture;

#[track_caller]
fn killed(what: &str) {
    let steps = if cfg!(debug_assertions) { "5" } else { "40" };
    let run = fixture("fixture_kills").args([what, steps, "160"]).deadline(Duration::from_secs(120));
    let outcome = run.run();
    outcome.assert_code(0);
    assert_eq!(outcome.stderr, "");
}

#[test]
fn sender_may_be_killed_anywhere() {
    killed("send");
}

#[test]
fn sender_whose_receiver_sleeps_may_be_killed_anywhere() {
    killed("send-to-a-sleeper");
}

#[test]
fn receiver_may_be_killed_anywhere() {
    killed("receive");
}

#[test]
fn receiver_whose_sender_sleeps_may_be_killed_anywhere() {
    killed("receive-from-a-sleeper");
}

#[test]
fn receiver_that_falls_asleep_may_be_killed_anywhere() {
    killed("receive-nothing");
}

#[test]
fn sender_of_files_may_be_killed_anywhere() {
    killed("send-files");
}

#[test]
fn receiver_of_files_may_be_killed_anywhere() {
    killed("receive-files");
}

#[test]
fn worker_of_a_queue_may_be_killed_anywhere() {
    killed("work");
}

#[test]
fn process_that_clones_and_drops_ends_may_be_killed_anywhere() {
    killed("clone");
}

#[test]
fn sender_of_ends_may_be_killed_anywhere() {
    killed("send-ends");
}

#[test]
fn receiver_of_ends_may_be_killed_anywhere() {
    killed("receive-ends");
}

#[test]
fn process_with_a_loan_may_be_killed_anywhere() {
    killed("lend");
}

#[test]
fn process_with_a_borrow_may_be_killed_anywhere() {
    killed("borrow");
}
