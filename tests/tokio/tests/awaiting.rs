//! Are processes and channels waited for as futures of tokio, in a runtime of one thread and of several, with nothing lost?

use mp_tests::{Expect, fixture};

/// The scene asserts by itself.
#[track_caller]
fn scene(program: &str, words: &[&str]) {
    let outcome = fixture(program).args(words).expect(Expect::SocketPair).run();
    outcome.assert_code(0);
    assert_eq!(outcome.stderr, "");
}

const PROCESSES: &str = "fixture_awaiting";
const CHANNELS: &str = "fixture_awaiting_channels";

#[track_caller]
fn in_one_thread(program: &str, what: &str) {
    scene(program, &[what, "one-thread"]);
}

#[track_caller]
fn in_both(program: &str, what: &str) {
    in_one_thread(program, what);
    scene(program, &[what, "threads"]);
}

#[track_caller]
fn ends(what: &str) {
    scene("fixture_awaiting_ends", &[what]);
}

#[test]
fn process_is_awaited_and_dropped_futures_lose_nothing() {
    in_one_thread(PROCESSES, "join");
}

#[test]
fn hundred_processes_are_awaited_at_once() {
    in_both(PROCESSES, "many");
}

#[test]
fn stop_escalates_without_blocking_the_runtime() {
    in_both(PROCESSES, "stop");
}

#[test]
fn pipes_of_an_awaited_process_are_read() {
    in_both(PROCESSES, "pipes");
}

#[test]
fn values_cross_channels_both_ways() {
    in_both(CHANNELS, "channels");
}

#[test]
fn ends_are_streams_and_sinks() {
    in_both(CHANNELS, "flows");
}

#[test]
fn death_of_the_other_side_wakes_a_future() {
    in_both(CHANNELS, "kills");
}

#[test]
fn dropped_futures_lose_no_message_and_send_none_in_part() {
    in_both(CHANNELS, "cancels");
}

#[test]
fn queue_gives_the_item_of_a_dead_worker_to_a_future() {
    ends("queues");
}

#[test]
fn idle_future_costs_nothing_and_blocks_no_thread() {
    in_both(CHANNELS, "idle");
}

#[test]
fn what_is_not_here_says_so() {
    in_one_thread(PROCESSES, "foreign");
}

#[test]
fn await_outside_of_a_runtime_panics_as_in_tokio() {
    let outcome = fixture("fixture_awaiting").args(["without", "one-thread"]).expect(Expect::SocketPair).run();
    outcome.assert_code(0);
    assert_eq!(outcome.stderr.matches("there is no reactor running").count(), 1, "{outcome}");
}

#[test]
fn runtime_in_a_child_awaits_children_of_its_own() {
    in_both(PROCESSES, "in-a-child");
}

/// All ten thousand are started by `.ci/run`, optimised.
#[test]
fn a_thousand_starts_from_a_runtime_with_threads_are_not_stuck() {
    let outcome = fixture("fixture_awaiting").args(["1000", "threads"]).expect(Expect::SocketPair).run();
    outcome.assert_code(0);
}

#[test]
fn future_that_sends_an_end_of_its_own_channel_sleeps_while_there_is_no_room() {
    ends("own-ends");
}
