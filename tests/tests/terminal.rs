//! May one process own the terminal, and is it the program's again after that, whatever becomes of the process?

use mp_tests::fixture;

#[track_caller]
fn goes_well(scene: &str) {
    for isolated in [None, Some("isolated")] {
        goes_well_if(scene, isolated);
    }
}

#[track_caller]
fn goes_well_if(scene: &str, isolated: Option<&str>) {
    for method in ["fork", "forkserver", "exec"] {
        let outcome = fixture("fixture_terminal").args([scene, method]).args(isolated).run();
        outcome.assert_code(0);
        assert_eq!((outcome.stdout.as_str(), outcome.stderr.as_str()), ("", ""), "{outcome}");
    }
}

#[test]
fn process_reads_from_the_terminal_and_then_its_program_does() {
    goes_well("reads");
}

#[test]
fn program_that_reads_meanwhile_waits_for_its_turn() {
    goes_well("program-reads-meanwhile");
}

#[test]
fn interrupt_from_the_keyboard_reaches_the_process_only() {
    goes_well("interrupted");
}

#[test]
fn program_may_read_when_the_process_was_killed() {
    goes_well("killed");
}

#[test]
fn stop_from_the_keyboard_stops_the_program_and_is_undone() {
    goes_well("stopped");
}

#[test]
fn process_that_reads_in_the_background_stops_its_program_until_it_is_in_the_foreground() {
    goes_well("stopped-and-sent-to-the-background");
}

#[test]
fn command_beside_a_program_that_waits_for_its_turn_goes_on() {
    goes_well("command-beside");
}

#[test]
fn command_stopped_by_a_read_whose_turn_has_come_meanwhile_goes_on() {
    goes_well("command-stopped-late");
}

#[test]
fn terminal_is_taken_back_without_a_descriptor_to_spare() {
    goes_well("no-descriptors");
}

#[test]
fn process_may_give_the_terminal_to_its_own_process_at_once() {
    goes_well("gives-it-away");
}

#[test]
fn one_process_at_a_time_owns_the_terminal() {
    goes_well("second");
}

#[test]
fn program_in_the_background_gives_no_terminal_away() {
    goes_well_if("background", None); // one that is isolated waits for its turn
}

#[test]
fn lack_of_a_terminal_is_told() {
    goes_well_if("no-terminal", None);
}

#[test]
fn program_whose_terminal_hangs_up_stops_its_processes() {
    goes_well("hang-up");
}
