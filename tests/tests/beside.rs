//! Is a message that travels beside the memory of its channel received once, or is it told why not?

use mp_tests::{fixture, is_root};

/// The scene asserts by itself.
#[track_caller]
fn scene(name: &str) {
    let outcome = fixture("fixture_beside").arg(name).run();
    outcome.assert_code(0);
    assert_eq!(outcome.stderr, "");
}

#[test]
fn channel_is_full_while_too_many_descriptors_are_on_their_way_in_others() {
    if is_root("be a user who has nothing else on its way") {
        scene("crowded");
    }
}

#[test]
fn value_for_which_there_is_no_address_space_stays_in_the_channel() {
    scene("address-space");
}

#[test]
fn whoever_finds_that_the_last_receiver_was_lost_looks_after_what_it_has_left() {
    scene("lost-receiver");
}

#[test]
fn sender_that_sleeps_is_woken_by_a_receiver_that_panics() {
    scene("panics");
}

#[test]
fn descriptors_of_the_dead_are_thrown_away_by_who_cannot_have_as_many() {
    scene("many-of-the-dead");
}

#[test]
fn end_sent_without_the_first_thread_is_on_its_way() {
    scene("first-thread");
}

#[test]
fn lack_of_descriptors_in_the_middle_of_a_value_is_told_by_its_number() {
    scene("descriptors");
}
