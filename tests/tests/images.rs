//! Do processes that are not forked from their program start where that has unusual surroundings, or say why not?

use mp_tests::{Expect, Outcome, Run, fixture};

#[track_caller]
fn scene(run: Run) -> Outcome {
    let outcome = run.expect(Expect::FdsOpen).run();
    outcome.assert_code(0);
    outcome
}

fn program(name: &str) -> Run {
    fixture("fixture_images").arg(name)
}

#[test]
fn server_beside_threads_of_a_constructor_refuses_and_says_why() {
    scene(program("threads").env("MP_CONSTRUCTOR", "threads"));
}

#[test]
fn constructor_that_draws_the_keys_of_hash_maps_does_not_do_so_for_all_processes() {
    scene(program("hashes").env("MP_CONSTRUCTOR", "hashes"));
}

#[test]
fn constructor_that_starts_a_process_does_so_once() {
    scene(program("starts").env("MP_CONSTRUCTOR", "starts"));
}

#[test]
fn server_keeps_neither_streams_nor_directory_of_the_program() {
    scene(program("server"));
}

#[test]
fn server_gives_the_surroundings_of_its_start_and_exec_those_of_now() {
    scene(program("moment"));
}
