//! Is a pool driven by whoever awaits one of its tasks, with all that it promises?

use mp_tests::{Expect, fixture};

/// The scene asserts by itself.
#[track_caller]
fn scene(words: &[&str]) {
    let outcome = fixture("fixture_awaiting_pool").args(words).expect(Expect::SocketPair).run();
    outcome.assert_code(0);
    assert_eq!(outcome.stderr, "");
}

#[test]
fn tasks_are_awaited_in_any_order() {
    scene(&["processes"]);
}

#[test]
fn tasks_of_pools_without_processes_are_awaited() {
    scene(&["threads"]);
    scene(&["sequential"]);
}

#[test]
fn one_who_waits_takes_nothing_from_another() {
    scene(&["others"]);
}

#[test]
fn runtime_goes_on_while_a_task_runs() {
    scene(&["selects"]);
}

#[test]
fn worker_that_dies_fails_its_task_and_is_replaced_inside_of_the_runtime() {
    scene(&["deaths"]);
}

#[test]
fn time_limit_of_an_awaited_task_is_kept() {
    scene(&["limits"]);
}

#[test]
fn tasks_are_awaited_in_a_runtime_with_threads() {
    scene(&["forkserver", "threads"]);
    scene(&["exec", "threads"]);
}
