//! Are processes and channels waited for as futures of tokio, in a runtime of one thread and of several, with nothing lost?

use mp_tests::{Expect, fixture};

/// The scene asserts by itself.
#[track_caller]
fn in_one_thread(scene: &str) {
    let outcome = fixture("fixture_awaiting").args([scene, "one-thread"]).expect(Expect::SocketPair).run();
    outcome.assert_code(0);
    assert_eq!(outcome.stderr, "");
}

#[track_caller]
fn in_both(scene: &str) {
    in_one_thread(scene);
    let outcome = fixture("fixture_awaiting").args([scene, "threads"]).expect(Expect::SocketPair).run();
    outcome.assert_code(0);
    assert_eq!(outcome.stderr, "");
}

/// As above, of the programs about ends.
#[track_caller]
fn ends(scene: &str) {
    let outcome = fixture("fixture_awaiting_ends").arg(scene).expect(Expect::SocketPair).run();
    outcome.assert_code(0);
    assert_eq!(outcome.stderr, "");
}

#[test]
fn process_is_awaited_and_dropped_futures_lose_nothing() {
    in_one_thread("join");
}

#[test]
fn hundred_processes_are_awaited_at_once() {
    in_both("many");
}

#[test]
fn stop_escalates_without_blocking_the_runtime() {
    in_both("stop");
}

#[test]
fn pipes_of_an_awaited_process_are_read() {
    in_both("pipes");
}

#[test]
fn values_cross_channels_both_ways() {
    in_both("channels");
}

#[test]
fn ends_are_streams_and_sinks() {
    in_both("flows");
}

#[test]
fn death_of_the_other_side_wakes_a_future() {
    in_both("kills");
}

#[test]
fn dropped_futures_lose_no_message_and_send_none_in_part() {
    in_both("cancels");
}

#[test]
fn queue_gives_the_item_of_a_dead_worker_to_a_future() {
    in_one_thread("queues");
}

#[test]
fn idle_future_costs_nothing_and_blocks_no_thread() {
    in_both("idle");
}

#[test]
fn what_is_not_here_says_so() {
    in_one_thread("foreign");
}

#[test]
fn await_outside_of_a_runtime_panics_as_in_tokio() {
    let outcome = fixture("fixture_awaiting").args(["without", "one-thread"]).expect(Expect::SocketPair).run();
    outcome.assert_code(0);
    assert_eq!(outcome.stderr.matches("there is no reactor running").count(), 1, "{outcome}");
}

#[test]
fn runtime_in_a_child_awaits_children_of_its_own() {
    in_both("in-a-child");
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
