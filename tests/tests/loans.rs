//! Is what a channel lends whole, and whose is it when a process dies with it?

use mp_tests::fixture;

/// The scene asserts by itself.
#[track_caller]
fn scene(words: &[&str]) {
    let outcome = fixture("fixture_loans").args(words).run();
    outcome.assert_code(0);
    assert_eq!(outcome.stderr, "");
}

#[test]
fn messages_written_and_read_in_place_are_whole() {
    scene(&["whole"]);
}

#[test]
fn loan_that_is_dropped_sends_nothing() {
    scene(&["dropped"]);
}

#[test]
fn loan_of_a_killed_process_sends_nothing_and_holds_nobody_up() {
    scene(&["killed-lender"]);
}

#[test]
fn message_borrowed_by_a_killed_process_is_received_by_another() {
    scene(&["killed-borrower"]);
}

#[test]
fn loan_larger_than_half_of_the_memory_is_refused() {
    scene(&["too-large"]);
}

#[test]
fn copy_of_a_borrow_in_another_process_takes_nothing() {
    scene(&["copied-borrow"]);
}

#[test]
fn copy_of_a_loan_in_another_process_sends_nothing() {
    scene(&["copied-loan"]);
}

#[test]
fn deadlines_hold_while_another_process_has_its_turn() {
    scene(&["held-up"]);
}
