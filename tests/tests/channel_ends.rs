//! Are the ends of channels where they were moved, and does each side learn of the end of the other?

use mp_tests::fixture;

/// The scene asserts by itself.
#[track_caller]
fn scene(words: &[&str]) {
    let outcome = fixture("fixture_channel_ends").args(words).run();
    outcome.assert_code(0);
    assert_eq!(outcome.stderr, "");
}

#[test]
fn sleeping_receiver_learns_that_the_last_sender_was_dropped() {
    scene(&["end-by-drop"]);
}

#[test]
fn clones_count_one_by_one() {
    scene(&["end-by-drop-in-a-clone"]);
}

#[test]
fn sleeping_receiver_learns_that_the_last_sender_was_killed() {
    scene(&["end-by-kill"]);
}

#[test]
fn sender_that_sleeps_at_a_full_channel_learns_that_the_last_receiver_was_killed() {
    scene(&["full-and-killed"]);
}

#[test]
fn sender_that_sleeps_at_a_full_channel_learns_that_the_last_receiver_was_dropped() {
    scene(&["full-and-dropped"]);
}

#[test]
fn sender_that_finds_room_learns_that_the_last_receiver_was_killed() {
    scene(&["killed-while-not-full"]);
}

#[test]
fn borrowed_end_says_that_it_was_not_moved() {
    scene(&["borrowed"]);
}

#[test]
fn inherited_end_says_that_it_was_not_moved_and_stays_its_owners() {
    scene(&["inherited"]);
}

#[test]
fn moved_end_works_while_the_parent_is_still_dropping_the_arguments() {
    scene(&["slow-drop"]);
}

#[test]
fn moved_end_is_dropped_while_the_parent_is_stopped_and_is_gone_when_that_goes_on() {
    scene(&["stopped-drop"]);
}

#[test]
fn moved_end_can_be_moved_on() {
    scene(&["moved-twice"]);
}

#[test]
fn failed_start_drops_the_ends() {
    scene(&["start-fails"]);
}

#[test]
fn h10_end_that_was_moved_does_not_keep_the_channel_open() {
    scene(&["end-by-kill"]);
}

#[test]
fn sleeping_receiver_is_woken_though_whoever_was_to_wake_it_is_killed() {
    scene(&["waker-killed"]);
}
