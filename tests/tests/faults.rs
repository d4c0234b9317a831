//! Faults of the catalogue in RELIABILITY.md that no other test has.

use mp_tests::{Expect, Run, fixture};

/// The scene asserts by itself.
#[track_caller]
fn scene(name: &str) -> String {
    let outcome = fixture("fixture_faults").arg(name).run();
    outcome.assert_code(0);
    outcome.stderr
}

#[test]
fn processes_that_end_while_their_program_is_stopped_are_joined_later() {
    let mut running = fixture("fixture_faults").arg("stopped-program").start();
    assert_eq!(running.read_line().as_deref(), Some("ready"));
    assert!(running.signal(libc::SIGSTOP));
    assert_eq!(running.wait_stopped(), libc::SIGSTOP);
    (0..3).for_each(|_| assert_eq!(running.read_line().as_deref(), Some("ending")));
    assert!(running.signal(libc::SIGCONT));
    running.finish().assert_code(0);
}

#[test]
fn storm_of_signals_loses_no_status() {
    assert_eq!(scene("storm"), "");
}

#[test]
fn process_that_somebody_traces_is_waited_for_without_spinning() {
    assert_eq!(scene("traced"), "");
}

#[test]
fn process_that_signals_its_group_harms_nobody_else() {
    assert_eq!(scene("group"), "");
}

#[test]
fn process_lives_while_a_thread_of_it_lives() {
    assert_eq!(scene("leader"), "");
}

#[test]
fn allocation_that_fails_is_an_abort() {
    assert!(scene("allocation").contains("memory allocation of 70368744177664 bytes failed"));
}

#[test]
fn program_without_standard_streams_starts_processes() {
    let program = fixture("fixture_faults").path().to_owned();
    let run = Run::program("sh").args(["-c", "exec \"$0\" closed 0<&- 1>&- 2>&-"]).arg(program);
    // std puts /dev/null in their places.
    run.expect(Expect::FdsOpen).run().assert_code(0);
}
