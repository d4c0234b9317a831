//! Does a program made by `mp_main!` find, stop and reap what its processes have left behind?

use std::time::{Duration, Instant};

use mp_tests::{Expect, Outcome, fixture, is_root};

const HIDE: &str = "hide procfs";

#[track_caller]
fn ends_well(program: &str) -> Outcome {
    let outcome = fixture("fixture_strays").arg(program).run();
    outcome.assert_code(0);
    outcome
}

/// How many lines about strays there are, and no others.
#[track_caller]
fn strays(outcome: &Outcome) -> usize {
    let is_one = |line: &&str| line.starts_with("stopped process ") && line.ends_with("`), which had been left behind");
    assert!(outcome.stderr.lines().all(|line| is_one(&line)), "{outcome}");
    outcome.stderr.lines().count()
}

/// Stops the program by SIGTERM when it is ready; how long that took.
#[track_caller]
fn stopped(program: &str) -> (Outcome, Duration) {
    let mut running = fixture("fixture_strays").arg(program).start();
    assert_eq!(running.read_line().as_deref(), Some("ready"));
    let begin = Instant::now();
    assert!(running.signal(libc::SIGTERM));
    let outcome = running.finish();
    outcome.assert_signal(libc::SIGTERM);
    (outcome, begin.elapsed())
}

#[test]
fn daemonised_process_is_stopped_at_the_end() {
    let outcome = ends_well("one");
    assert_eq!(strays(&outcome), 1);
    assert!(outcome.elapsed < Duration::from_secs(2), "{outcome}");
}

#[test]
fn daemonised_processes_that_ignore_sigterm_are_killed() {
    assert_eq!(strays(&ends_well("stubborn")), 2);
}

#[test]
fn daemonised_process_that_is_stopped_is_continued_to_end() {
    let outcome = ends_well("stopped");
    assert_eq!(strays(&outcome), 1);
    assert!(outcome.elapsed < Duration::from_secs(2), "{outcome}");
}

#[test]
fn daemonised_process_is_found_behind_any_number_of_dead_ones() {
    assert_eq!(strays(&ends_well("many")), 1);
}

#[test]
fn what_has_ended_is_reaped_while_the_program_waits() {
    assert_eq!(strays(&ends_well("reaped_in_the_end")), 0);
    assert_eq!(strays(&ends_well("reaped_meanwhile")), 0);
}

#[test]
fn process_of_a_user_whom_the_program_is_no_more_does_not_hold_up_a_stop() {
    if is_root("change the user") {
        let (outcome, took) = stopped("out_of_reach");
        assert!(took < Duration::from_millis(1500), "{outcome}");
    }
}

#[test]
fn daemonised_process_is_stopped_at_an_exit() {
    // Nobody closes the gate.
    let outcome = fixture("fixture_strays").arg("exits").expect(Expect::FdsOpen).run();
    outcome.assert_code(0);
    assert_eq!(strays(&outcome), 1);
}

#[test]
fn daemonised_process_is_stopped_when_a_signal_ends_the_program() {
    let (outcome, _) = stopped("waits");
    assert!(outcome.report.adopted.is_empty(), "{outcome}");
}

#[test]
fn daemonised_process_that_has_ended_is_reaped_at_the_next_start() {
    assert_eq!(strays(&ends_well("ended")), 0);
}

#[test]
fn fork_server_is_not_taken_for_one() {
    assert_eq!(strays(&ends_well("served")), 0);
}

#[test]
fn fork_server_that_was_killed_is_reaped_by_its_owner() {
    assert_eq!(strays(&ends_well("server_has_ended")), 0);
}

#[test]
fn fork_server_does_not_hold_up_a_stop() {
    let (outcome, took) = stopped("served_and_waits");
    assert!(took < Duration::from_millis(1500), "it was taken for a stray, which has two seconds:\n{outcome}");
}

#[test]
fn adoption_is_not_told_where_the_adopted_cannot_be_found() {
    if is_root(HIDE) {
        fixture("fixture_strays").args(["unlisted", "hidden"]).run().assert_code(0);
    }
}

#[test]
fn death_signal_is_told_in_the_first_thread_only() {
    ends_well("beside_threads");
}

#[test]
fn death_signal_of_what_the_server_makes_is_told_by_the_thread_that_started_it() {
    ends_well("served_by_the_first_thread");
    ends_well("served_by_another_thread");
}

#[test]
fn program_that_requires_what_is_there_begins() {
    assert_eq!(ends_well("requiring").stdout, "began\n");
}

#[test]
fn program_that_requires_what_is_not_there_does_not_begin() {
    for (args, missing) in
        [(["requiring", "hidden"], "the subreaper is"), (["requiring_a_namespace", ""], "the pid namespace is")]
    {
        if args[1] == "hidden" && !is_root(HIDE) {
            continue;
        }
        let outcome = fixture("fixture_strays").args(args).run();
        outcome.assert_code(1);
        assert_eq!(outcome.stdout, "");
        let expected =
            format!("this program was not started: {missing} required, and not in force: it takes a program ");
        assert!(outcome.stderr.starts_with(&expected) && outcome.stderr.lines().count() == 1, "{outcome}");
    }
}

#[test]
fn process_of_a_command_is_left_to_the_user() {
    assert_eq!(strays(&ends_well("by_command")), 0);
}
