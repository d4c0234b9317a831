//! Does `mp_main!` start, order, end and judge its processes as it says?

use std::time::Duration;

use mp_tests::{Outcome, fixture};

fn program(words: &[&str]) -> Outcome {
    fixture("fixture_program").args(words).deadline(Duration::from_secs(10)).run()
}

/// The text with every process id as `N`.
fn without_ids(text: &str) -> String {
    let mut parts = text.split("(pid ");
    let mut rest = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        rest += "(pid N";
        rest += part.trim_start_matches(|c: char| c.is_ascii_digit());
    }
    rest
}

#[track_caller]
fn assert_all(outcome: &Outcome, code: i32, stdout: &str, stderr: &str) {
    outcome.assert_code(code);
    assert_eq!((&*outcome.stdout, &*without_ids(&outcome.stderr)), (stdout, stderr), "{outcome}");
}

#[test]
fn entries_start_in_order_under_their_labels() {
    let expected = "who None\nfirst None\nworker.0 Some(0)\nworker.1 Some(1)\nlast None\n";
    assert_all(&program(&["order"]), 0, expected, "");
}

#[test]
fn entries_are_active_children_in_the_order_of_their_start() {
    let outcome = program(&["listed"]);
    outcome.assert_code(0);
    assert_eq!(outcome.stderr, "");
}

#[test]
fn daemons_serve_until_the_others_have_ended_then_stop_in_reverse_order() {
    let expected = "main ends\nclient ends\nthree stopped\ntwo stopped\none stopped\n";
    assert_all(&program(&["daemons"]), 0, expected, "");
}

#[test]
fn panic_of_main_is_code_101_and_stops_all_processes() {
    let outcome = program(&["panics"]);
    outcome.assert_code(101);
    assert_eq!(outcome.stdout, "worker stopped\ndaemon stopped\n");
    assert!(outcome.stderr.contains("main is out of luck") && !outcome.stderr.contains("process `"), "{outcome}");
}

#[test]
fn exit_in_main_brings_children_to_their_end() {
    let outcome = fixture("fixture_program").arg("exits").expect(mp_tests::Expect::FdsOpen).run();
    outcome.assert_code(5);
    let mut lines: Vec<_> = outcome.stdout.lines().collect();
    lines.sort_unstable();
    assert_eq!((lines, &*outcome.stderr), (vec!["daemon stopped", "worker ends"], ""));
}

#[test]
fn code_is_0_if_all_went_well() {
    assert_all(&program(&["acts", "return", "return"]), 0, "", "");
}

#[test]
fn code_and_line_are_those_of_a_failed_entry() {
    let cases = [
        ("err", 1, "failed: no luck"),
        ("exit:0", 1, "exited with code 0 before its function returned"),
        ("exit:7", 7, "exited with code 7 before its function returned"),
        ("exit:255", 255, "exited with code 255 before its function returned"),
        ("signal:9", 137, "was killed by signal 9 (SIGKILL)"),
        ("signal:15", 143, "was killed by signal 15 (SIGTERM)"),
        ("signal:34", 162, "was killed by signal 34 (SIGRTMIN)"),
        ("signal:64", 192, "was killed by signal 64 (SIGRTMIN+30)"),
    ];
    for (how, code, says) in cases {
        let said = |name| format!("process `{name}` (pid N) {says}\n");
        assert_all(&program(&["acts", how, "return"]), code, "", &said("first"));
        assert_all(&program(&["acts", "return", how]), code, "", &said("second"));
    }
}

#[test]
fn panic_of_an_entry_is_code_101_and_one_line_with_its_place() {
    let outcome = program(&["acts", "panic", "return"]);
    outcome.assert_code(101);
    let stderr = without_ids(&outcome.stderr);
    let lines: Vec<_> = stderr.lines().filter(|line| line.starts_with("process `")).collect();
    let [line] = lines[..] else { panic!("{outcome}") };
    let place = line.strip_prefix("process `first` (pid N) panicked at tests/src/bin/fixture_program.rs:");
    let place = place.and_then(|rest| rest.strip_suffix(": out of luck")).unwrap_or_else(|| panic!("{outcome}"));
    assert!(place.split(':').all(|number| number.parse::<u32>().is_ok()), "{place}");
}

#[test]
fn each_failure_is_one_line() {
    let outcome = program(&["acts", "exit:3", "exit:3"]);
    outcome.assert_code(3);
    let stderr = without_ids(&outcome.stderr);
    let mut lines: Vec<_> = stderr.lines().collect();
    lines.sort_unstable();
    let said = |name| format!("process `{name}` (pid N) exited with code 3 before its function returned");
    assert_eq!(lines, [said("first"), said("second")]);
}

#[test]
fn failure_that_main_looked_at_does_not_count() {
    assert_all(&program(&["judged", "exit:7"]), 0, "", "");
    assert_all(&program(&["judged", "signal:9"]), 0, "", "");
}

#[test]
fn asking_whether_it_lives_is_no_look_at_the_failure() {
    let expected = "process `asked` (pid N) exited with code 7 before its function returned\n";
    assert_all(&program(&["tried", "exit:7"]), 7, "", expected);
}

#[test]
fn code_that_main_returns_is_the_code_of_the_program() {
    assert_all(&program(&["code"]), 9, "", "");
}

#[test]
fn error_that_main_returns_is_code_1() {
    assert_all(&program(&["fails"]), 1, "worker ends\n", "Error: \"main has no luck\"\n");
}

#[test]
fn first_failure_in_time_counts_while_the_program_waits() {
    let expected = "process `early` (pid N) was killed by signal 9 (SIGKILL)\n\
                    process `late` (pid N) exited with code 4 before its function returned\n";
    assert_all(&program(&["watched_failures"]), 137, "", expected);
}

const IN_TIME: &str = "process `early` (pid N) exited with code 3 before its function returned\n\
                       process `late` (pid N) exited with code 4 before its function returned\n";

#[test]
fn first_failure_in_time_counts_when_main_ends_after_both() {
    assert_all(&program(&["failures_in_order"]), 3, "", IN_TIME);
}

#[test]
fn first_failure_in_time_counts_when_it_is_a_daemons() {
    assert_all(&program(&["daemon_fails_first"]), 3, "", IN_TIME);
}

#[test]
fn first_failure_in_time_counts_when_main_panics_after_both() {
    let outcome = program(&["failures_in_order", "panics"]);
    outcome.assert_code(3);
    assert!(without_ids(&outcome.stderr).ends_with(IN_TIME), "{outcome}");
}

#[test]
fn first_failure_in_time_counts_when_main_uses_no_label() {
    let expected = IN_TIME.replace("`late`", "`fail_after`");
    assert_all(&program(&["unused_failures_in_order"]), 3, "", &expected);
}

#[test]
fn first_failure_in_time_counts_when_it_is_the_last_entry() {
    assert_all(&program(&["failures_out_of_order"]), 3, "", IN_TIME);
}

#[test]
fn entry_that_cannot_be_started_ends_the_program() {
    let expected =
        "process `second` could not be started: making its report memory: Too many open files (os error 24)\n";
    assert_all(&program(&["unstartable"]), 1, "running stopped\n", expected);
}
