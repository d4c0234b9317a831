//! Is each item of a queue done, whatever becomes of those who work on it?

use mp_tests::fixture;

/// The scene asserts by itself.
#[track_caller]
fn scene(words: &[&str]) {
    let outcome = fixture("fixture_queue").args(words).run();
    outcome.assert_code(0);
    assert_eq!(outcome.stderr, "");
}

#[test]
fn join_waits_until_all_is_done() {
    scene(&["workers"]);
}

#[test]
fn h9_item_of_a_killed_worker_is_delivered_again() {
    scene(&["killed-worker"]);
}

#[test]
fn sleeping_worker_takes_over_from_a_killed_one() {
    scene(&["sleeping-worker"]);
}

#[test]
fn join_is_an_error_when_no_worker_is_left() {
    scene(&["no-worker-left"]);
}

#[test]
fn item_dropped_without_acknowledgement_comes_back() {
    scene(&["given-back"]);
}

#[test]
fn items_may_be_done_in_any_order() {
    scene(&["out-of-order"]);
}

#[test]
fn receiver_moves_while_an_item_is_worked_on() {
    scene(&["moved-at-work"]);
    scene(&["moved-with-work"]);
}

#[test]
fn what_cannot_wait_for_a_second_attempt_is_refused() {
    scene(&["refused"]);
}
