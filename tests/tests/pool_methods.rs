//! Is a pool the same, however its workers are started? By each start method, by the fork server also with processes that it
//! has made ahead, and from a program with threads.

use std::time::Duration;

use mp_tests::{Expect, conformance, fixture};

conformance! {
    [fork: "fork", forkserver: "forkserver", parked: "parked", exec: "exec", beside_threads: "beside-threads"]
    maps_and_tasks_give_each_value: "maps",
    panics_exits_and_deaths_cost_one_item_each: "failures",
    killed_workers_are_replaced_and_no_item_runs_twice: "kills",
    state_is_made_of_what_is_given_or_there_is_an_error_at_once: "initialisers",
    state_is_dropped_and_ends_of_channels_are_each_workers_own: "farewells",
    limits_of_time_are_held: "times",
    running_task_is_cancelled_with_what_it_has_started: "cancels",
    items_are_tried_again: "retries",
    workers_are_replaced_and_resized: "sizes",
    pool_ends_as_it_is_told: "endings",
    pool_in_a_pool_works: "nested",
}

/// The scene asserts by itself.
#[track_caller]
fn scene(method: &str, scene: &str) {
    let mut run = fixture("fixture_pool_methods").args([method, scene]).deadline(Duration::from_secs(60));
    if scene == "cancels" {
        // Killed together with its parent, it comes to the warden to be reaped.
        run = run.expect(Expect::Adopted);
    }
    run.run().assert_code(0);
}

#[test]
fn forking_pool_of_a_program_with_threads_is_told_what_works() {
    scene("fork", "threads");
}

#[test]
fn pool_of_a_program_with_threads_works_by_the_fork_server() {
    scene("forkserver", "threads");
    scene("parked", "threads");
}

#[test]
fn pool_of_a_program_with_threads_works_by_exec() {
    scene("exec", "threads");
}
