//! Is everything gone 200 ms after a program was killed?
//!
//! The warden waits that long after the end of the program and then counts who is left. In these scenes the children
//! have given up the parent-death signal, but for the one that has closed its lifeline: each mechanism is seen alone.

use mp_tests::{fixture, is_root};

#[track_caller]
fn killed_when_ready(scene: &str) {
    let mut running = fixture("fixture_orphans").arg(scene).start();
    assert_eq!(running.read_line().as_deref(), Some("ready"));
    assert!(running.signal(libc::SIGKILL));
    let outcome = running.finish();
    outcome.assert_signal(libc::SIGKILL);
    assert_eq!(outcome.stderr, "");
}

#[test]
fn twenty_processes_end_with_their_program() {
    killed_when_ready("many");
}

#[test]
fn busy_process_ends_with_its_program() {
    killed_when_ready("busy");
}

#[test]
fn process_that_ignores_all_signals_ends_with_its_program() {
    killed_when_ready("ignoring");
}

#[test]
fn stopped_process_ends_with_its_program() {
    killed_when_ready("stopped");
}

#[test]
fn process_that_has_changed_its_user_ends_with_its_program() {
    if is_root("be another user in a process") {
        killed_when_ready("child-of-another-user");
    }
}

#[test]
fn processes_of_a_program_that_has_changed_its_user_end_with_it() {
    if is_root("become another user") {
        killed_when_ready("program-of-another-user");
    }
}

#[test]
fn grandchildren_in_the_group_of_a_process_end_with_the_program() {
    killed_when_ready("grandchildren");
}

#[test]
fn nested_processes_end_with_the_program() {
    killed_when_ready("nested");
}

#[test]
fn process_started_by_a_thread_that_has_ended_lives_and_ends_with_its_program() {
    killed_when_ready("forked-by-thread");
}

#[test]
fn lifelines_that_were_used_before_hold() {
    killed_when_ready("after-others");
}

#[test]
fn lifeline_of_a_process_that_has_left_somebody_behind_is_not_used_again() {
    killed_when_ready("after-one-with-a-leftover");
}

#[test]
fn process_without_its_lifeline_ends_by_the_death_signal() {
    killed_when_ready("without-lifeline");
}

#[test]
fn lifelines_do_not_add_up() {
    killed_when_ready("many-cycles");
}

#[test]
fn processes_end_with_a_program_that_aborts() {
    let outcome = fixture("fixture_orphans").args(["many", "abort"]).run();
    outcome.assert_signal(libc::SIGABRT);
}
