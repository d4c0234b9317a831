//! Is an end known to be lost, with the message that it was in?

use mp_tests::fixture;

/// The scene asserts by itself.
#[track_caller]
fn scene(words: &[&str]) {
    let outcome = fixture("fixture_lost_ends").args(words).run();
    outcome.assert_code(0);
    assert_eq!(outcome.stderr, "");
}

#[test]
fn end_is_lost_when_the_last_who_could_receive_it_is_dropped() {
    scene(&["receiver-dropped"]);
}

#[test]
fn end_is_lost_when_the_last_who_could_receive_it_is_killed() {
    scene(&["receiver-killed"]);
}

#[test]
fn end_is_received_or_lost_wherever_a_receiver_is_killed() {
    scene(&["receiver-killed-anywhere"]);
}

#[test]
fn end_is_received_or_lost_wherever_its_sender_is_killed() {
    scene(&["sender-killed-anywhere"]);
}
