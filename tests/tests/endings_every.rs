//! Is every exit code and every signal reported, once each?

use mp_tests::fixture;

#[track_caller]
fn assert_told(what: &str, expected: impl Iterator<Item = String>) {
    let outcome = fixture("fixture_endings_every").arg(what).run();
    outcome.assert_code(0);
    let mut expected: Vec<_> = expected.collect();
    expected.push(format!("the rest of main, in process {}", outcome.report.pid.unwrap()));
    assert_eq!(outcome.stdout.lines().collect::<Vec<_>>(), expected);
    assert_eq!(outcome.stderr, "");
}

#[test]
fn all_codes_of_exit_are_told() {
    assert_told("exit", (0..=255).map(|code| format!("Exited({code}), began true")));
}

#[test]
fn all_codes_of_exit_at_once_are_told() {
    assert_told("_exit", (0..=255).map(|code| format!("Exited({code}), began true")));
}

#[test]
fn all_signals_that_do_not_stop_are_told() {
    // SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU stop; 32 and 33 are the C library's own.
    let signals = (1..=64).filter(|signal| !matches!(signal, 19..=22 | 32..=33));
    assert_told(
        "signal",
        signals.map(|signal| match signal {
            libc::SIGCHLD | libc::SIGCONT | libc::SIGURG | libc::SIGWINCH => "Returned".to_owned(),
            _ => format!("Signaled {{ signal: {signal}, core_dumped: false, stack_overflow: false }}, began true"),
        }),
    );
}
