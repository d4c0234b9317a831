//! Does each task resolve, as what it has become?

use mp_tests::{Expect, fixture};

/// The scene asserts by itself.
#[track_caller]
fn scene(words: &[&str]) {
    fixture("fixture_pool_tasks").args(words).run().assert_code(0);
}

#[test]
fn tasks_give_their_values_again_and_again() {
    scene(&["submit"]);
}

#[test]
fn many_tasks_start_no_more_workers() {
    scene(&["saturation"]);
}

#[test]
fn task_has_a_time_limit_of_its_own() {
    scene(&["timeouts"]);
}

#[test]
fn task_is_cancelled_wherever_it_is_and_no_other() {
    scene(&["cancel"]);
}

#[test]
fn what_waits_behind_another_task_is_cancelled_at_once() {
    scene(&["cancel-behind"]);
}

#[test]
fn cancel_may_come_at_any_time() {
    scene(&["cancel-any-time"]);
}

#[test]
fn cancel_that_comes_too_late_costs_the_next_task_nothing() {
    fixture("fixture_pool_races").arg("cancel").run().assert_code(0);
}

#[test]
fn time_limit_that_is_noticed_too_late_costs_the_next_task_nothing() {
    fixture("fixture_pool_races").arg("limit").run().assert_code(0);
}

#[test]
fn cancel_ends_what_the_task_has_started() {
    // Killed together with its parent, it comes to the warden to be reaped.
    let outcome = fixture("fixture_pool_tasks").arg("subtree").expect(Expect::Adopted).run();
    outcome.assert_code(0);
}

#[test]
fn waits_end_as_they_are_told() {
    scene(&["wait"]);
}

#[test]
fn h8_every_task_resolves_when_its_pool_ends() {
    scene(&["ends"]);
}

#[test]
fn dropped_task_is_run_all_the_same() {
    scene(&["detached"]);
}

#[test]
fn pool_in_another_process_says_that_it_is_not_its() {
    scene(&["foreign"]);
}

#[test]
fn iterator_in_another_process_sends_nothing() {
    scene(&["foreign-imap"]);
}

#[test]
fn pool_that_gets_no_process_says_so_and_goes_on_when_it_does() {
    scene(&["no-processes"]);
}
