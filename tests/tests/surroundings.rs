//! Does a program lose anything whose user has closed, dropped or registered something beforehand?

use mp_tests::{Expect, Outcome, fixture};

#[track_caller]
fn scene(name: &str) -> Outcome {
    let outcome = fixture("fixture_surroundings").arg(name).expect(Expect::FdsOpen).run();
    outcome.assert_code(0);
    outcome
}

#[test]
fn descriptors_of_the_runtime_never_take_the_places_of_closed_streams() {
    scene("without-streams");
}

#[test]
fn end_of_a_program_waits_for_no_pipe_that_nobody_took() {
    scene("pipes");
}

#[test]
fn end_of_a_scope_waits_for_no_pipe_that_nobody_took() {
    scene("pipes-in-a-scope");
}

#[test]
fn result_is_never_written_over_a_file_of_the_users() {
    scene("file");
}

#[test]
fn seed_can_be_asked_for_in_a_fork_handler() {
    scene("seed");
}

#[test]
fn descriptors_behind_a_handle_that_is_kept_are_not_inherited() {
    scene("handles");
}

#[test]
fn child_of_the_users_own_is_not_reaped_as_a_stray() {
    scene("awaited");
}
