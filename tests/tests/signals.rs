//! Does a program made by `mp_main!` stop in order when it is told to, whatever it is doing, and end by the signal?

use std::time::Duration;

use mp_tests::{Outcome, Running, fixture};

fn ready(program: &str) -> Running {
    let mut running = fixture("fixture_signals").arg(program).stdin("").start();
    assert_eq!(running.read_line().as_deref(), Some("ready"));
    running
}

/// Ends `program` by `signal`; what its processes said.
#[track_caller]
fn ended_by(program: &str, signal: i32) -> String {
    let running = ready(program);
    assert!(running.signal(signal));
    let outcome = running.finish();
    outcome.assert_signal(signal);
    said(&outcome)
}

#[track_caller]
fn said(outcome: &Outcome) -> String {
    assert_eq!(outcome.stderr, "");
    assert!(outcome.report.adopted.is_empty(), "a zombie was left:\n{outcome}");
    outcome.stdout.strip_prefix("ready\n").expect("it was ready").to_owned()
}

const REVERSE: &str = "three got SIGTERM\ntwo got SIGTERM\none got SIGTERM\n";
const BOTH: &str = "two got SIGTERM\none got SIGTERM\n";

#[test]
fn sigterm_stops_a_busy_program_in_reverse_order() {
    assert_eq!(ended_by("busy", libc::SIGTERM), REVERSE);
}

#[test]
fn sigint_does_as_sigterm_does() {
    assert_eq!(ended_by("busy", libc::SIGINT), REVERSE);
}

#[test]
fn sighup_does_as_sigterm_does() {
    assert_eq!(ended_by("busy", libc::SIGHUP), REVERSE);
}

#[test]
fn sigquit_does_as_sigterm_does() {
    assert_eq!(ended_by("busy", libc::SIGQUIT), REVERSE);
}

#[test]
fn program_that_waits_in_a_call_of_its_own_is_stopped() {
    assert_eq!(ended_by("reading", libc::SIGTERM), BOTH);
}

#[test]
fn program_that_holds_locks_is_stopped() {
    assert_eq!(ended_by("locked", libc::SIGTERM), BOTH);
}

#[test]
fn program_that_waits_for_its_processes_is_stopped() {
    assert_eq!(ended_by("joining", libc::SIGINT), BOTH);
}

#[test]
fn seventy_processes_are_stopped_in_reverse_order() {
    let expected: String = (0..70).rev().map(|n| format!("worker.{n} got SIGTERM\n")).collect();
    assert_eq!(ended_by("many", libc::SIGTERM), expected);
}

#[test]
fn processes_that_ended_before_are_not_signalled() {
    let expected = "four got SIGTERM\nthree got SIGTERM\none got SIGTERM\n";
    assert_eq!(ended_by("some_have_ended", libc::SIGTERM), expected);
}

#[test]
fn stop_signal_of_a_process_is_used() {
    assert_eq!(ended_by("by_another_signal", libc::SIGTERM), "two got SIGUSR1\none got SIGUSR1\n");
}

#[test]
fn process_that_ignores_the_signal_is_killed_after_its_grace() {
    assert_eq!(ended_by("short_grace", libc::SIGTERM), "one got SIGTERM\n");
}

#[test]
fn stopped_process_is_continued_to_end() {
    assert_eq!(ended_by("stopped", libc::SIGTERM), "one got SIGTERM\n");
}

#[test]
fn second_signal_skips_the_grace() {
    let running = ready("long_grace");
    assert!(running.signal(libc::SIGINT));
    assert!(running.signal(libc::SIGTERM));
    let outcome = running.finish();
    // Two at one instant may be taken in either order.
    assert!([Some(libc::SIGINT), Some(libc::SIGTERM)].contains(&outcome.signal()), "{outcome}");
    assert!(outcome.elapsed < Duration::from_secs(10));
    assert_eq!(said(&outcome), "");
}

#[test]
fn ctrl_z_stops_all_and_fg_continues_all() {
    let mut running = ready("suspended");
    assert!(running.signal(libc::SIGTSTP));
    assert_eq!(running.wait_stopped(), libc::SIGTSTP);
    assert_eq!(running.read_line().as_deref(), Some("stopped"));
    assert!(running.signal(libc::SIGCONT));
    assert_eq!(running.read_line().as_deref(), Some("continued"));
    // Two of one kind could be taken for one.
    assert!(running.signal(libc::SIGTERM));
    assert!(running.signal(libc::SIGINT));
    let outcome = running.finish();
    assert!([Some(libc::SIGINT), Some(libc::SIGTERM)].contains(&outcome.signal()), "{outcome}");
}

#[test]
fn change_of_the_window_is_passed_on() {
    let mut running = ready("busy");
    assert!(running.signal(libc::SIGWINCH));
    let mut lines: Vec<_> = (0..3).filter_map(|_| running.read_line()).collect();
    lines.sort_unstable();
    assert_eq!(lines, ["one got SIGWINCH", "three got SIGWINCH", "two got SIGWINCH"]);
    assert!(running.signal(libc::SIGTERM));
    running.finish().assert_signal(libc::SIGTERM);
}

#[test]
fn handler_of_the_users_own_is_kept() {
    let running = ready("handled_by_the_user");
    assert!(running.signal(libc::SIGTERM));
    let outcome = running.finish();
    outcome.assert_code(0);
    assert_eq!(said(&outcome), "handler\none got SIGTERM\n");
}

#[test]
fn signal_that_is_ignored_at_the_start_stays_ignored() {
    let script = "trap '' HUP; exec \"$0\" busy";
    let program = fixture("fixture_signals").path().to_owned();
    let mut running = mp_tests::Run::program("sh").args(["-c", script]).arg(program).start();
    assert_eq!(running.read_line().as_deref(), Some("ready"));
    assert!(running.signal(libc::SIGHUP));
    assert!(running.signal(libc::SIGTERM));
    let outcome = running.finish();
    outcome.assert_signal(libc::SIGTERM);
    assert_eq!(said(&outcome), REVERSE);
}

#[test]
fn program_with_threads_is_stopped() {
    assert_eq!(ended_by("threaded", libc::SIGTERM), BOTH);
}

#[test]
fn program_whose_processes_have_ended_ends_well() {
    let outcome = fixture("fixture_signals").arg("ends_before").run();
    outcome.assert_code(0);
    assert_eq!(outcome.stdout, "one got SIGTERM\n");
}

#[test]
fn copy_of_the_program_takes_signals_by_default() {
    let outcome = fixture("fixture_signals").arg("forks").run();
    outcome.assert_code(0);
    assert_eq!(outcome.stdout, "one got SIGINT\n");
}
