//! Is a process that got the id of another one taken for that one?
//!
//! In a PID namespace of its own, a program says which id the next process gets (`ns_last_pid`).

use mp_tests::{fixture, is_root};

/// What all of it needs.
const CHOOSE: &str = "say which id the next process gets";

/// `code` is that of the program: 137 where processes were killed behind its back.
#[track_caller]
fn goes_well(scene: &str, code: i32) {
    if !is_root(CHOOSE) {
        return;
    }
    let outcome = fixture("fixture_reuse").arg(scene).run();
    outcome.assert_code(code);
    assert_eq!(outcome.stdout, "", "a stranger got a signal\n{outcome}");
    assert!(outcome.stderr.lines().all(|line| line.contains("was killed by signal 9")), "{outcome}");
}

#[test]
fn nothing_that_a_handle_does_is_done_to_a_stranger() {
    goes_well("handle", 137);
}

#[test]
fn lock_of_the_dead_is_handed_on_though_a_stranger_has_his_id() {
    goes_well("locks", 0);
}

#[test]
fn sender_that_is_dead_is_not_waited_for_though_a_stranger_has_its_id() {
    goes_well("channels", 0);
}

#[test]
fn stranger_is_left_alone_when_the_program_ends() {
    goes_well("program-ends", 137);
}

#[test]
fn stranger_is_left_alone_when_the_program_is_stopped() {
    if !is_root(CHOOSE) {
        return;
    }
    let mut running = fixture("fixture_reuse").arg("program-is-stopped").start();
    assert_eq!(running.read_line().as_deref(), Some("ready"));
    assert!(running.signal(libc::SIGTERM));
    let outcome = running.finish();
    outcome.assert_signal(libc::SIGTERM);
    assert_eq!((outcome.stdout.as_str(), outcome.stderr.as_str()), ("ready\n", ""), "{outcome}");
}
