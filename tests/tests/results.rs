//! Does what a process returns come back whole, or not at all?

use std::time::Duration;

use mp_tests::{Outcome, fixture};

/// The scene asserts by itself.
#[track_caller]
fn scene(name: &str) -> Outcome {
    let outcome = fixture("fixture_results").arg(name).deadline(Duration::from_secs(60)).run();
    outcome.assert_code(0);
    assert_eq!(outcome.stderr, "");
    outcome
}

#[test]
fn values_of_many_types_come_back_equal() {
    scene("types");
}

#[test]
fn function_that_never_returns_gives_infallible() {
    scene("never");
}

#[test]
fn values_around_each_edge_come_back_byte_for_byte() {
    scene("sizes");
}

#[test]
fn errors_of_any_length_come_back_byte_for_byte() {
    scene("error-sizes");
}

#[test]
fn value_of_64_mebibytes_comes_back_byte_for_byte() {
    scene("large");
}

#[test]
fn value_of_a_gibibyte_comes_back() {
    scene("huge");
}

#[test]
fn two_hundred_mebibytes_wait_for_a_late_join() {
    scene("many");
}

#[test]
fn value_that_cannot_be_read_back_is_an_error_that_says_so() {
    let said = scene("one-way").stdout;
    assert!(said.starts_with("process `one_way` (pid N) returned, but its value could not be read: "), "{said}");
}

#[test]
fn process_killed_while_its_value_is_written_was_killed() {
    scene("killed-while-written");
}

#[test]
fn value_that_fails_to_be_written_is_a_failure() {
    let said = scene("failed-while-written").stdout;
    assert!(said.starts_with("its result could not be encoded: "), "{said}");
}

#[test]
fn failure_with_no_place_for_all_its_words_is_told_in_fewer() {
    let said = scene("nowhere-to-write").stdout;
    assert_eq!(said, "no luck no l\nno luck  (and more, for which there was no room)\n");
}

#[test]
fn closure_may_take_along_much_by_value() {
    // Each time the kernel puts the stack elsewhere.
    (0..5).for_each(|_| drop(scene("bodies")));
}
