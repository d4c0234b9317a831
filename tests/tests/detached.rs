//! Does a detached process go on when its program has ended, however that came, and is it its program's until then?

use mp_tests::{Expect, Outcome, Run, fixture};

const METHODS: [&str; 3] = ["fork", "forkserver", "exec"];

/// A program whose detached processes are there at its end, and end by themselves some time after.
fn program(method: &str, scene: &str) -> Run {
    fixture("fixture_detached").args([method, scene]).expect(Expect::ChildrenAtExit).expect(Expect::Adopted)
}

/// Checks that `count` processes have outlived the program, and no other has.
#[track_caller]
fn went_on(outcome: &Outcome, count: usize) {
    let lines = outcome.stdout.lines().filter(|line| *line != "ready");
    assert!(lines.clone().all(|line| line.ends_with(" goes on")), "{outcome}");
    assert_eq!(lines.count(), count, "{outcome}");
    assert!(outcome.report.unreaped.is_empty(), "{outcome}");
}

#[track_caller]
fn ends_with(scene: &str, code: i32, count: usize) {
    for method in METHODS {
        let outcome = program(method, scene).run();
        outcome.assert_code(code);
        assert_eq!(outcome.stderr, "", "{outcome}");
        went_on(&outcome, count);
    }
}

#[track_caller]
fn ended_by(scene: &str, signal: i32) {
    for method in METHODS {
        let mut running = program(method, scene).start();
        assert_eq!(running.read_line().as_deref(), Some("ready"));
        assert!(running.signal(signal));
        let outcome = running.finish();
        outcome.assert_signal(signal);
        // What is not detached has ended with the program: was reaped by it, or is a zombie that the warden has adopted.
        let lines: Vec<_> = outcome.stdout.lines().collect();
        assert_eq!(lines, ["ready", "lingers goes on"], "{outcome}");
    }
}

#[test]
fn detached_process_goes_on_when_its_program_returns() {
    ends_with("returns", 0, 1);
}

#[test]
fn detached_process_goes_on_when_its_program_is_killed() {
    ended_by("killed", libc::SIGKILL);
}

#[test]
fn detached_processes_go_on_when_a_program_of_entries_returns() {
    ends_with("program_returns", 0, 2);
}

#[test]
fn detached_process_goes_on_when_a_signal_stops_the_program() {
    ended_by("program_is_stopped", libc::SIGTERM);
}

#[test]
fn detached_process_goes_on_when_main_panics() {
    ends_with("program_panics", 101, 1);
}

#[test]
fn detached_process_of_a_process_is_no_stray_of_the_program() {
    ends_with("nested", 0, 1);
}

#[test]
fn detached_processes_go_on_when_their_program_returns_at_once() {
    ends_with("at-once", 0, 8);
}

#[test]
fn stray_beside_a_detached_process_is_stopped() {
    for method in METHODS {
        let outcome = program(method, "beside_a_stray").run();
        outcome.assert_code(0);
        went_on(&outcome, 1);
        assert_eq!(outcome.stderr.matches("which had been left behind").count(), 1, "{outcome}");
    }
}

#[test]
fn detached_process_is_joined_and_signalled_like_any_other() {
    for method in METHODS {
        let outcome = fixture("fixture_detached").args([method, "joined"]).run();
        outcome.assert_code(0);
        assert_eq!((outcome.stdout.as_str(), outcome.stderr.as_str()), ("", ""), "{outcome}");
    }
}

#[test]
fn failure_of_a_detached_process_that_has_ended_is_told() {
    for method in METHODS {
        let outcome = fixture("fixture_detached").args([method, "failed"]).run();
        assert!(outcome.stderr.contains("process `fails`") && outcome.stderr.lines().count() == 1, "{outcome}");
    }
}

#[test]
fn detached_daemon_and_detached_process_of_a_scope_are_refused() {
    let outcome = fixture("fixture_detached").args(["fork", "refused"]).run();
    outcome.assert_code(0);
    assert_eq!(
        outcome.stdout,
        "process `waits` could not be started: its settings contradict each other: a daemon is stopped with its parent, \
         and a detached process is not\n\
         process `lingers` could not be started: its settings contradict each other: a scope ends with the last of its \
         processes, and a detached process ends with nothing: spawn it outside\n"
    );
}
