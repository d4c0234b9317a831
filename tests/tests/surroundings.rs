//! Does a program lose anything whose user has closed, dropped or registered something beforehand?

use mp_tests::{Expect, Outcome, fixture, is_root};

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

#[test]
fn image_finds_its_socket_beside_closed_streams() {
    scene("executed-without-streams");
}

#[test]
fn fork_server_finds_its_socket_beside_closed_streams() {
    scene("served-without-streams");
}

#[test]
fn image_that_has_no_socket_never_reaches_main() {
    scene("image-without-socket");
}

#[test]
fn end_of_a_program_waits_for_no_copy_that_holds_the_socket_of_its_server() {
    let outcome = fixture("fixture_surroundings").arg("copy").expect(Expect::FdsOpen);
    outcome.expect(Expect::Adopted).expect(Expect::ChildrenAtExit).run().assert_code(0);
}

#[test]
fn program_run_by_a_loader_refuses_to_run_it_again() {
    scene("loader");
}

/// Only who may give a file to another group can ask.
#[test]
fn program_with_more_privileges_than_its_user_takes_no_orders_and_gives_none() {
    if is_root("give a program to another group") {
        scene("privileged");
    }
}
