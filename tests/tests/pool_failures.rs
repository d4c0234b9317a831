//! Does a pool lose exactly what cannot be saved, whatever becomes of its workers?

use mp_tests::fixture;

/// The scene asserts by itself. What the workers say when they panic is their own affair.
#[track_caller]
fn scene(words: &[&str]) {
    fixture("fixture_pool_failures").args(words).run().assert_code(0);
}

#[test]
fn panic_is_the_answer_for_its_item_only() {
    scene(&["panics"]);
}

#[test]
fn h7_death_of_a_worker_costs_the_item_it_was_at_and_no_other() {
    scene(&["deaths"]);
}

#[test]
fn death_while_an_argument_comes_costs_its_item_a_try() {
    scene(&["death-at-reading"]);
}

#[test]
fn killer_at_large_costs_an_item_per_worker_at_most_and_none_runs_twice() {
    scene(&["kill-loop"]);
}

#[test]
fn h11_initialiser_that_fails_is_an_error_at_once() {
    scene(&["init-fails"]);
}

#[test]
fn state_is_made_by_each_worker_and_anew_after_a_panic() {
    scene(&["state"]);
}

#[test]
fn worker_is_replaced_after_its_number_of_tasks() {
    scene(&["max-tasks"]);
}

#[test]
fn item_that_takes_too_long_is_killed_alone() {
    scene(&["timeout"]);
}

#[test]
fn value_that_nobody_takes_is_not_too_late() {
    scene(&["timeout-unheard"]);
}

#[test]
fn item_is_tried_again_as_often_as_said() {
    scene(&["retries"]);
}

#[test]
fn limits_of_an_item_outlive_its_handle() {
    scene(&["dropped"]);
}

#[test]
fn pool_ends_promptly() {
    scene(&["shutdowns"]);
}

#[test]
fn item_that_would_be_tried_again_is_cancelled_with_its_pool() {
    scene(&["retried-no-more"]);
}
