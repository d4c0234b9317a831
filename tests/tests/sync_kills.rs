//! Do the others get what they wait for, wherever a process that uses the same lock is killed?
//!
//! Each scene kills at every system call, entry and return, and at instructions drawn at random for a second; or for as
//! many as the variable `SYNC_KILLS_SECONDS` says.

#![allow(clippy::print_stdout, reason = "how many points there were is for whoever runs this with --nocapture")]

use std::env;
use std::time::Duration;

use mp_tests::fixture;

/// How many points there were.
#[track_caller]
fn points(scene: &str, how: &str) -> usize {
    let seconds = env::var("SYNC_KILLS_SECONDS").unwrap_or_else(|_| "1".to_owned());
    let deadline = Duration::from_secs(60) + Duration::from_secs_f64(seconds.parse().unwrap());
    let outcome = fixture("fixture_sync_kills").args([scene, how, &*seconds]).deadline(deadline).run();
    outcome.assert_code(0);
    assert_eq!(outcome.stderr, "");
    let points = outcome.stdout.trim().parse().unwrap();
    println!("{scene}: killed at {points} {how}");
    points
}

#[track_caller]
fn killed_anywhere(scene: &str) {
    let (syscalls, instructions) = (points(scene, "syscalls"), points(scene, "instructions"));
    assert!(syscalls >= 1 && instructions >= 1, "{scene}: {syscalls} system calls, {instructions} instructions");
}

#[test]
fn mutex() {
    killed_anywhere("mutex");
}

#[test]
fn rwlock_by_a_writer() {
    killed_anywhere("rwlock-write");
}

#[test]
fn rwlock_by_a_reader() {
    killed_anywhere("rwlock-read");
}

#[test]
fn semaphore() {
    killed_anywhere("semaphore");
}

#[test]
fn semaphore_as_a_signal() {
    killed_anywhere("semaphore-add");
    killed_anywhere("semaphore-forget");
}

#[test]
fn barrier() {
    killed_anywhere("barrier");
}

#[test]
fn condvar_by_a_waiter() {
    killed_anywhere("condvar-waiter");
}

#[test]
fn condvar_by_a_notifier() {
    killed_anywhere("condvar-notifier");
}

#[test]
fn event_by_one_that_sets() {
    killed_anywhere("event-setter");
}

#[test]
fn event_by_one_that_waits() {
    killed_anywhere("event-waiter");
}

#[test]
fn once() {
    killed_anywhere("once");
}
