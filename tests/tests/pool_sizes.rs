//! Does a pool keep to what it is told of its workers, of their order, and of whom to call?

use mp_tests::fixture;

/// The scene asserts by itself.
#[track_caller]
fn scene(words: &[&str]) {
    fixture("fixture_pool_sizes").args(words).run().assert_code(0);
}

#[test]
fn worker_that_has_grown_is_replaced_after_its_item() {
    scene(&["max-memory"]);
}

#[test]
fn pool_grows_and_shrinks_and_loses_nothing() {
    scene(&["resize"]);
}

#[test]
fn idle_workers_leave_and_come_back_and_nothing_is_lost() {
    scene(&["idle"]);
}

#[test]
fn state_is_dropped_at_the_end_of_its_worker() {
    scene(&["farewell"]);
}

#[test]
fn urgent_tasks_go_before_what_has_not_begun() {
    scene(&["priority"]);
}

#[test]
fn function_learns_that_it_is_overdue() {
    scene(&["soft-timeout"]);
}

#[test]
fn callbacks_are_called_once_with_what_came_of_the_task() {
    scene(&["callbacks"]);
}

#[test]
fn callbacks_are_called_however_the_pool_ends() {
    scene(&["callbacks-end"]);
}

#[test]
fn worker_that_hangs_with_what_it_has_sent_already_is_replaced() {
    scene(&["clinging"]);
}
