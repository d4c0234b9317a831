//! Does a program with a `fn main` of its own end its processes as Python does?

use std::time::Duration;

use mp_tests::{Outcome, fixture};

fn plain(mode: &str) -> Outcome {
    fixture("fixture_plain").arg(mode).run()
}

/// In these programs the other process waits until the daemon is gone.
const DAEMON_FIRST: &str = "serve stopped\noutlive ends\n";

#[test]
fn daemon_is_stopped_before_others_are_waited_for() {
    let outcome = plain("return");
    outcome.assert_code(4);
    assert_eq!((&*outcome.stdout, &*outcome.stderr), (DAEMON_FIRST, ""));
}

#[test]
fn panic_of_main_ends_processes_the_same_way() {
    let outcome = plain("panic");
    outcome.assert_code(101);
    assert_eq!(outcome.stdout, DAEMON_FIRST);
    assert!(outcome.stderr.contains("main is out of luck") && !outcome.stderr.contains("process `"), "{outcome}");
}

#[test]
fn exit_ends_processes_the_same_way() {
    let outcome = plain("exit");
    outcome.assert_code(6);
    assert_eq!((&*outcome.stdout, &*outcome.stderr), (DAEMON_FIRST, ""));
}

#[test]
fn daemon_that_ignores_sigterm_is_killed_after_five_seconds() {
    let outcome = plain("stubborn");
    outcome.assert_code(0);
    assert_eq!(outcome.stderr, "");
    let five = Duration::from_secs(5);
    assert!((five..five + Duration::from_secs(3)).contains(&outcome.elapsed), "{outcome}");
}

#[test]
fn failure_that_nobody_looked_at_is_told_and_changes_no_code() {
    let outcome = plain("failures");
    outcome.assert_code(2);
    let line = outcome.stderr.strip_prefix("process `leave` (pid ").unwrap_or_else(|| panic!("{outcome}"));
    let line = line.trim_start_matches(|c: char| c.is_ascii_digit());
    assert_eq!(line, ") exited with code 7 before its function returned\n");
}

#[test]
fn failure_that_main_looked_at_is_not_told() {
    let outcome = plain("judged");
    outcome.assert_code(0);
    assert_eq!(outcome.stderr, "");
}

#[test]
fn processes_of_a_process_end_before_it() {
    let outcome = plain("nested");
    outcome.assert_code(0);
    assert_eq!((&*outcome.stdout, &*outcome.stderr), (&*format!("{DAEMON_FIRST}middle gives 7\n"), ""));
}

#[test]
fn processes_of_a_process_that_panics_end_before_it() {
    let outcome = plain("nested-panic");
    outcome.assert_code(0);
    assert_eq!(outcome.stdout, format!("{DAEMON_FIRST}middle panicked: out of luck\n"));
}

#[test]
fn tree_of_processes_is_joined_in_order() {
    let outcome = plain("recursion");
    outcome.assert_code(0);
    assert_eq!(outcome.stdout, "[]\n[0]\n[0, 0]\n[0, 1]\n[1]\n[1, 0]\n[1, 1]\n");
}
