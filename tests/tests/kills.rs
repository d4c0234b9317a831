//! A process is killed anywhere in what it does with a channel: is all that it has sent delivered once, and does nobody hang?
//!
//! Each at 160 moments while it works, at each entry into a system call and return from one, and at 5 instructions, stepped to
//! one by one; with optimisation, when there are fewer instructions to step over, at 40. Together more than 2000 points.

#![allow(clippy::print_stdout, reason = "how many points there were is for whoever runs this with --nocapture")]

use std::time::Duration;

use mp_tests::fixture;

/// At `calls` entries and returns at least: how many there are depends on who has to be woken.
#[track_caller]
fn killed(what: &str, calls: u64) {
    let steps = if cfg!(debug_assertions) { "5" } else { "40" };
    let run = fixture("fixture_kills").args([what, steps, "160"]).deadline(Duration::from_secs(120));
    let outcome = run.run();
    outcome.assert_code(0);
    assert_eq!(outcome.stderr, "");
    let points: u64 = outcome.stdout.trim().parse().unwrap();
    println!("{what}: killed at {points} entries into system calls and returns");
    assert!(points >= calls, "{what}: {points} entries into system calls and returns");
}

#[test]
fn sender_may_be_killed_anywhere() {
    killed("send", 1);
}

#[test]
fn sender_whose_receiver_sleeps_may_be_killed_anywhere() {
    killed("send-to-a-sleeper", 2);
}

#[test]
fn receiver_may_be_killed_anywhere() {
    killed("receive", 5);
}

#[test]
fn receiver_whose_sender_sleeps_may_be_killed_anywhere() {
    killed("receive-from-a-sleeper", 2);
}

#[test]
fn receiver_that_falls_asleep_may_be_killed_anywhere() {
    killed("receive-nothing", 5);
}

#[test]
fn sender_of_files_may_be_killed_anywhere() {
    killed("send-files", 10);
}

#[test]
fn receiver_of_files_may_be_killed_anywhere() {
    killed("receive-files", 10);
}

#[test]
fn worker_of_a_queue_may_be_killed_anywhere() {
    killed("work", 5);
}

#[test]
fn process_that_clones_and_drops_ends_may_be_killed_anywhere() {
    killed("clone", 0);
}

#[test]
fn sender_of_ends_may_be_killed_anywhere() {
    killed("send-ends", 10);
}

#[test]
fn receiver_of_ends_may_be_killed_anywhere() {
    killed("receive-ends", 10);
}

#[test]
fn process_with_a_loan_may_be_killed_anywhere() {
    killed("lend", 1);
}

#[test]
fn process_with_a_borrow_may_be_killed_anywhere() {
    killed("borrow", 5);
}
