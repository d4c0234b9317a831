//! Do channels carry what is sent, once and in order, and answer in time?

use mp_tests::fixture;

/// The scene asserts by itself.
#[track_caller]
fn scene(words: &[&str]) {
    let outcome = fixture("fixture_channels").args(words).run();
    outcome.assert_code(0);
    assert_eq!(outcome.stderr, "");
}

#[test]
fn values_pass_through_three_processes_in_order() {
    scene(&["pipeline"]);
}

#[test]
fn value_of_many_senders_is_received_by_one_of_many_receivers_once() {
    scene(&["many-to-many"]);
}

#[test]
fn ends_may_be_used_by_many_threads() {
    scene(&["threads"]);
}

#[test]
fn timeouts_and_tries_answer_in_time() {
    scene(&["timeouts"]);
}

#[test]
fn lengths_are_those_of_the_channel() {
    scene(&["lengths"]);
}

#[test]
fn h5_killed_reader_leaves_the_data_within_reach() {
    scene(&["reader-killed"]);
}

#[test]
fn h6_sender_can_be_joined_before_its_values_are_read() {
    scene(&["joined-before-read"]);
}

#[test]
fn idle_pair_uses_no_cpu() {
    scene(&["idle"]);
}
