//! Are `async` functions processes, whichever way they are started, and what of a runtime that the parent has?

use mp_tests::{Expect, Outcome, fixture};

/// The scene asserts by itself.
fn run(name: &str) -> Outcome {
    let runs_one_here = !["values", "ends", "methods"].contains(&name);
    let scene = fixture("fixture_async").arg(name);
    let outcome = if runs_one_here { scene.expect(Expect::SocketPair) } else { scene }.run();
    outcome.assert_code(0);
    outcome
}

#[track_caller]
fn scene(name: &str) {
    assert_eq!(run(name).stderr, "");
}

#[test]
fn value_or_error_of_an_async_function_crosses() {
    scene("values");
}

#[test]
fn panic_and_signal_of_an_async_process_are_told() {
    let outcome = run("ends");
    assert_eq!(outcome.stderr.matches("panicked at").count(), 1, "{outcome}");
}

#[test]
fn async_function_is_started_by_every_method() {
    scene("methods");
}

#[test]
fn async_function_stays_callable() {
    scene("in-process");
}

#[test]
fn fork_inside_of_a_runtime_is_refused_for_async_functions_and_apart_from_it_for_others() {
    scene("inside");
}

#[test]
fn fork_of_a_runtime_with_threads_is_refused_with_their_number_and_the_other_methods() {
    scene("threads");
}

#[test]
fn runtime_of_the_parent_is_not_shared_with_a_child_that_uses_it() {
    scene("shared");
}
