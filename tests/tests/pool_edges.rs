//! What breaks a pool? Not this.

use mp_tests::{Expect, fixture};

/// The scene asserts by itself.
#[track_caller]
fn scene(words: &[&str]) {
    fixture("fixture_pool_edges").args(words).run().assert_code(0);
}

#[test]
fn argument_that_cannot_be_written_fails_alone() {
    scene(&["unwritable"]);
}

#[test]
fn value_that_cannot_be_read_fails_alone() {
    scene(&["unreadable"]);
}

#[test]
fn panic_of_what_writes_or_reads_an_item_costs_no_other() {
    scene(&["touchy"]);
}

#[test]
fn arguments_are_dropped_when_their_items_are_done() {
    scene(&["drops"]);
}

#[test]
fn large_errors_and_crashes_with_large_data_keep_nobody_waiting() {
    scene(&["large-errors"]);
}

#[test]
fn workers_that_die_at_the_end_keep_nobody_waiting() {
    scene(&["crash-at-end"]);
}

#[test]
fn pool_that_lacks_descriptors_or_processes_leaves_nothing() {
    scene(&["failed-start"]);
}

#[test]
fn pool_that_is_dropped_by_a_panic_ends() {
    scene(&["panic-beside"]);
}

#[test]
fn dropped_iterator_takes_back_what_was_sent_and_not_begun() {
    scene(&["dropped-imap"]);
}

#[test]
fn settings_without_bounds_bound_nothing() {
    scene(&["extremes"]);
}

#[test]
fn settings_of_nothing_are_refused() {
    scene(&["refused"]);
}

#[test]
fn program_that_forgets_its_pool_ends() {
    let outcome =
        fixture("fixture_pool_edges").arg("forgotten").expect(Expect::FdsOpen).expect(Expect::SocketPair).run();
    outcome.assert_code(0);
}
