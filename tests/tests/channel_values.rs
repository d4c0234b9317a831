//! Do values of any size, with descriptors and ends of channels in them, cross whole?

use mp_tests::fixture;

/// The scene asserts by itself.
#[track_caller]
fn scene(words: &[&str]) {
    let outcome = fixture("fixture_channel_values").args(words).run();
    outcome.assert_code(0);
    assert_eq!(outcome.stderr, "");
}

#[test]
fn values_larger_than_the_ring_cross() {
    scene(&["large"]);
}

#[test]
fn values_beside_the_ring_keep_their_place_among_those_in_it() {
    scene(&["large-and-small"]);
}

#[test]
fn files_cross_and_leave_no_descriptor_behind() {
    scene(&["files"]);
}

#[test]
fn as_many_descriptors_cross_as_the_kernel_allows_and_more_are_an_error() {
    scene(&["many-files"]);
}

#[test]
fn descriptors_that_a_process_has_no_room_for_stay_in_their_message() {
    scene(&["no-descriptors"]);
}

#[test]
fn channel_with_too_many_descriptors_on_their_way_is_full() {
    scene(&["crowded"]);
}

#[test]
fn question_carries_the_sender_for_its_answer() {
    scene(&["answers"]);
}

#[test]
fn end_in_a_message_keeps_its_channel_open_after_the_end_of_who_sent_it() {
    scene(&["travelling"]);
}

#[test]
fn end_in_a_message_that_is_lost_does_not() {
    scene(&["lost"]);
}

#[test]
fn value_that_serde_refuses_is_an_error_of_send_and_of_nothing_after_it() {
    scene(&["refused"]);
}

#[test]
fn receiver_crosses_as_a_sender_does() {
    scene(&["own-end"]);
}

#[test]
fn messages_keep_their_boundaries_and_empty_ones_are_messages() {
    scene(&["boundaries"]);
}

#[test]
fn file_of_a_high_number_crosses() {
    scene(&["high-number"]);
}

#[test]
fn sixteen_mebibytes_and_nothing_come_back_as_they_were() {
    scene(&["echo"]);
}
