//! Does a handle do what it says, whenever and wherever it is used?

use mp_tests::{Outcome, fixture};

/// The scene asserts by itself.
#[track_caller]
fn scene(words: &[&str]) -> Outcome {
    let outcome = fixture("fixture_handles").args(words).run();
    outcome.assert_code(0);
    assert_eq!(outcome.stderr, "");
    outcome
}

#[test]
fn join_after_the_end_gives_the_value() {
    scene(&["joined-late"]);
}

#[test]
fn try_join_gives_the_same_each_time() {
    scene(&["tried"]);
}

#[test]
fn join_timeout_gives_none_in_time_and_later_the_value() {
    scene(&["timeout"]);
}

#[test]
fn dropped_process_is_reaped_at_the_next_occasion() {
    scene(&["dropped"]);
}

#[test]
fn process_that_was_asked_for_its_exit_leaves_no_zombie() {
    scene(&["asked-and-dropped"]);
}

#[test]
fn signals_after_the_end_do_nothing() {
    scene(&["signalled-late"]);
}

#[test]
fn stop_continues_a_stopped_process() {
    scene(&["stopped"]);
}

#[test]
fn stop_kills_after_the_grace() {
    scene(&["stubborn"]);
}

#[test]
fn interrupt_terminate_and_kill_send_their_signals() {
    scene(&["signals"]);
}

#[test]
fn handle_in_another_process_is_inert() {
    scene(&["foreign"]);
}

#[test]
fn fork_by_the_user_in_the_parent_disturbs_nothing() {
    scene(&["fork-outside"]);
}

#[test]
fn handle_dropped_or_joined_in_a_copy_of_the_program_leaves_what_it_stands_for_alone() {
    scene(&["fork-and-drop"]);
}

#[test]
fn fork_by_the_user_in_a_process_disturbs_nothing() {
    scene(&["fork-inside"]);
}

#[test]
fn process_forked_by_the_user_has_no_active_children() {
    scene(&["fork-and-list"]);
}

#[test]
fn process_forked_by_the_user_may_spawn() {
    scene(&["fork-and-spawn"]);
}

#[test]
fn hundred_processes_run_at_once() {
    scene(&["many", "100"]);
}

#[test]
fn five_hundred_processes_may_end_at_once() {
    scene(&["many", "500"]);
}

#[test]
fn active_children_are_those_that_run_in_the_order_of_their_start() {
    scene(&["active"]);
}

#[test]
fn threads_may_ask_the_same_process() {
    scene(&["threads"]);
}

#[test]
fn process_has_nothing_of_the_one_before_it() {
    let outcome = fixture("fixture_handles").arg("next").run();
    outcome.assert_code(0);
    assert!(outcome.stderr.starts_with("process `park` (pid ") && outcome.stderr.lines().count() == 1, "{outcome}");
}

#[test]
fn signals_with_a_handler_do_not_end_a_join() {
    assert_eq!(scene(&["interrupted"]).stdout, "handler\n".repeat(10));
}
