//! Does a `Select` wake for whatever comes first, and only then?

use mp_tests::fixture;

/// The scene asserts by itself.
#[track_caller]
fn scene(words: &[&str]) {
    let outcome = fixture("fixture_select").args(words).run();
    outcome.assert_code(0);
    assert_eq!(outcome.stderr, "");
}

#[test]
fn messages_and_ends_of_four_children_are_all_seen() {
    scene(&["four-children"]);
}

#[test]
fn each_that_is_ready_has_its_turn() {
    scene(&["one-select"]);
}

#[test]
fn each_that_is_ready_has_its_turn_in_a_select_of_each_round() {
    scene(&["many-selects"]);
}

#[test]
fn many_dead_senders_are_seen_at_once() {
    scene(&["zombies"]);
}

#[test]
fn timeouts_are_kept() {
    scene(&["timeout"]);
}

#[test]
fn end_of_a_child_is_ready() {
    scene(&["child"]);
}

#[test]
fn kill_of_the_last_sender_is_ready() {
    scene(&["killed-sender"]);
}

#[test]
fn room_for_a_message_is_ready() {
    scene(&["room"]);
}
