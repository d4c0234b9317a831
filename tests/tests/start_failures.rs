//! Does a start that fails say where, leave nothing, and harm no later one?

use mp_tests::fixture;

/// The scene asserts by itself.
#[track_caller]
fn scene(name: &str) {
    let outcome = fixture("fixture_start_failures").arg(name).run();
    outcome.assert_code(0);
    assert_eq!((&*outcome.stdout, &*outcome.stderr), ("", ""));
}

#[test]
fn lack_of_any_descriptor_at_the_first_start_leaves_nothing() {
    scene("first");
}

#[test]
fn lack_of_any_descriptor_at_a_later_start_leaves_nothing() {
    scene("later");
}

#[test]
fn failed_starts_do_not_add_up() {
    scene("retried");
}

#[test]
fn fork_that_fails_leaves_nothing() {
    scene("processes");
}

#[test]
fn name_that_is_none_is_refused() {
    scene("names");
}

#[test]
fn start_beside_threads_is_refused_and_works_after_them() {
    scene("threads");
}
