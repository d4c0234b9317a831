//! Does a process do the same, however it is started? Each start method passes each scene, the fork server also with processes
//! that it has made ahead.

use mp_tests::{Expect, Outcome, conformance, fixture};

conformance! {
    [fork: "fork", forkserver: "forkserver", parked: "parked", exec: "exec"]
    arguments_of_any_serde_type_and_length_arrive: "arguments",
    failures_panics_and_exits_are_told_in_full: "failures",
    signals_and_stack_overflows_are_told: "signals",
    process_knows_itself_and_its_parent: "identities",
    environment_directory_and_settings_are_as_they_should_be: "surroundings",
    descriptors_are_its_own_and_those_moved_in: "descriptors",
    channels_move_in: "channels",
    locks_and_shared_values_are_the_same_there_and_handed_on_from_one_that_is_killed: "common",
    streams_are_its_parents_or_its_own: "streams",
    hundred_processes_run_at_once: "crowd",
    starts_may_be_nested: "nested",
    threads_may_start_it_or_are_told_how: "threads",
    daemon_is_stopped_and_another_waited_for: "left-over",
    server_may_be_killed_at_any_time: "server-killed",
}

/// The scene asserts by itself; what it prints is that of `panic_with` and `speak`.
#[track_caller]
fn scene(method: &str, scene: &str) -> Outcome {
    let mut run = fixture("fixture_methods").args([method, scene]).env("MP_METHODS", "as it was");
    if scene == "signals" {
        run = run.expect(Expect::Alerts); // std's own words on a stack overflow
    }
    let outcome = run.run();
    outcome.assert_code(0);
    outcome
}

#[track_caller]
fn killed(method: &str) {
    let mut running = fixture("fixture_methods").args([method, "killed"]).start();
    assert_eq!(running.read_line().map(|line| line.split(' ').count()), Some(3));
    assert!(running.signal(libc::SIGKILL));
    running.finish().assert_signal(libc::SIGKILL);
}

#[test]
fn forked_processes_end_with_their_program() {
    killed("fork");
}

#[test]
fn processes_of_the_server_and_the_server_end_with_their_program() {
    killed("forkserver");
}

#[test]
fn parked_processes_end_with_their_program() {
    killed("parked");
}

#[test]
fn parked_process_takes_the_next_order_and_is_replaced() {
    scene("parked", "parked");
}

#[test]
fn parked_process_that_was_killed_or_stopped_by_a_signal_takes_no_order() {
    scene("parked", "parked-killed");
}

#[test]
fn parked_processes_are_no_children_and_go_when_they_are_dismissed() {
    scene("parked", "dismissed");
}

#[test]
fn parked_processes_that_were_killed_are_replaced_on_request_and_so_is_their_server() {
    scene("parked", "replaced");
}

#[test]
fn parked_processes_of_a_server_that_was_killed_are_used_and_a_new_one_makes_more() {
    scene("parked", "outlive-their-server");
}

#[test]
fn server_without_room_for_descriptors_says_so_and_serves_on() {
    scene("forkserver", "no-room");
}

#[test]
fn server_keeps_nothing_of_what_it_has_made() {
    scene("forkserver", "keeps-nothing");
}

#[test]
fn executed_processes_end_with_their_program() {
    killed("exec");
}

#[test]
fn parked_process_whose_order_cannot_be_sent_is_reaped() {
    scene("parked", "unsent");
}
