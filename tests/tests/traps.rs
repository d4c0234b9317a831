//! Do the traps of `fork` that are known stay shut?

use mp_tests::{Expect, fixture};

/// The scene asserts by itself.
#[track_caller]
fn scene(name: &str) -> mp_tests::Outcome {
    // The gate of the fixture is a static, and stays open.
    let scene = fixture("fixture_traps").env_remove("RUST_BACKTRACE").expect(Expect::FdsOpen);
    let outcome = scene.arg(name).run();
    outcome.assert_code(0);
    outcome
}

#[test]
fn joined_thread_is_no_thread() {
    scene("joined-thread");
}

#[test]
fn first_thread_that_has_ended_is_no_thread() {
    scene("first-thread-gone");
}

#[test]
fn process_may_change_its_group_with_threads_of_its_own() {
    scene("private-signals");
}

#[test]
fn panic_has_its_place_after_the_user_has_replaced_the_hook() {
    scene("hook-replaced");
}

#[test]
fn result_beyond_the_limit_on_file_sizes_is_a_failure() {
    scene("file-size-limit");
}

#[test]
fn waits_work_without_descriptors() {
    scene("no-descriptors");
}

#[test]
fn memory_of_a_half_written_result_is_not_kept() {
    scene("half-written");
}

#[test]
fn parent_can_be_watched_by_a_process_it_is_moved_into() {
    scene("parent-moved");
}

#[test]
fn join_that_holds_stdout_does_not_block_a_spawn() {
    assert_eq!(scene("printing-joiner").stdout, "joined\n");
}

#[test]
fn copy_of_a_program_leaves_its_processes_alone() {
    assert_eq!(scene("copied-program").stderr, "");
}
