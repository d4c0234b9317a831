//! Is a process that is made by `clone3` one like any other?
//!
//! `endings::cloned` asks it of the ways to end.

use mp_tests::fixture;

/// The scene asserts by itself.
#[track_caller]
fn scene(name: &str) {
    fixture("fixture_clone").arg(name).run().assert_code(0);
}

#[test]
fn plain_program_needs_no_fork() {
    scene("without-fork");
}

#[test]
fn fork_stands_in_where_the_call_is_not_known() {
    scene("without-clone3");
}

#[test]
fn refusal_of_both_is_an_error_of_the_start() {
    scene("without-either");
}

#[test]
fn robust_mutex_of_a_killed_process_tells_so() {
    scene("owner-dies");
}

#[test]
fn robust_mutex_held_by_the_parent_stays_its() {
    scene("owner-lives");
}
