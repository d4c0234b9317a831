//! Does a process get what it should of its parent, and nothing else?

use mp_tests::{Outcome, fixture};

/// The scene asserts by itself.
#[track_caller]
fn scene(name: &str) -> Outcome {
    let outcome = fixture("fixture_inheritance").arg(name).run();
    outcome.assert_code(0);
    assert_eq!(outcome.stderr, "");
    outcome
}

#[test]
fn handlers_of_faults_are_those_of_the_parent() {
    scene("faults");
}

#[test]
fn handlers_of_the_parent_are_default_actions_and_stay_in_the_parent() {
    assert_eq!(scene("handlers").stdout, "handler\n");
}

#[test]
fn signal_at_birth_runs_no_handler_of_the_parent() {
    assert_eq!(scene("signal-at-birth").stdout, "");
}

#[test]
fn ignored_signals_stay_ignored() {
    scene("ignored");
}

#[test]
fn mask_is_empty_and_that_of_the_parent_stays() {
    scene("mask");
}

#[test]
fn process_leads_a_group_of_its_own() {
    scene("group");
}

#[test]
fn name_in_the_kernel_is_cut_between_characters() {
    scene("comm");
}

#[test]
fn processes_have_the_same_descriptors_whatever_was_started_before() {
    scene("descriptors");
}

#[test]
fn processes_have_as_many_descriptors_at_any_depth() {
    scene("nested");
}

#[test]
fn death_of_the_parent_is_the_death_of_all_below() {
    let mut running = fixture("fixture_inheritance").arg("orphans").start();
    for _ in 0..2 {
        assert_eq!(running.read_line().as_deref(), Some("ready"));
    }
    assert!(running.signal(libc::SIGKILL));
    // Clean means that nobody lives 200 ms later.
    let outcome = running.finish();
    outcome.assert_signal(libc::SIGKILL);
    assert_eq!(outcome.report.adopted.len(), 6, "{outcome}");
}

#[test]
fn arguments_are_dropped_once_in_each_process() {
    scene("dropped");
}

#[test]
fn lock_whose_guard_was_an_argument_is_free_in_the_parent() {
    scene("guard");
}

#[test]
fn arguments_of_any_type_arrive_and_do_not_come_back() {
    scene("twenty");
}

#[test]
fn exit_handlers_of_the_program_run_in_a_process_that_exits_by_itself_only() {
    let outcome = fixture("fixture_exits").arg("handlers").run();
    outcome.assert_code(0);
    assert_eq!(outcome.stdout, "handler in exits\nhandler in main\n");
}

#[test]
fn alarms_stay_with_the_program() {
    let outcome = fixture("fixture_exits").arg("timers").run();
    outcome.assert_code(0);
    assert_eq!(outcome.stderr, "");
}
