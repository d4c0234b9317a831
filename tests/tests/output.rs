//! Does output come out once, and harm nobody when it cannot?

use std::env;
use std::time::Duration;

use mp_tests::{Expect, Outcome, Run, fixture};

#[track_caller]
fn scene(name: &str) -> Outcome {
    // A backtrace for each of many panics takes a minute, and is no part of the question.
    let output = fixture("fixture_output").arg(name).env_remove("RUST_BACKTRACE");
    let outcome = output.deadline(Duration::from_secs(60)).run();
    outcome.assert_code(0);
    outcome
}

/// Runs the scene of many ends by a shell that redirects its output.
fn redirected(redirection: &str, scene: &str) -> Outcome {
    shell(&format!("exec \"$0\" {scene} {redirection}"))
}

/// Runs a script in which `$0` is the fixture. To the runner what it redirects to is left open.
fn shell(script: &str) -> Outcome {
    let program = env::current_exe().unwrap();
    let program = program.parent().unwrap().parent().unwrap().join("fixture_output");
    Run::program("/bin/sh").args(["-c", script]).arg(program).expect(Expect::FdsOpen).run()
}

#[test]
fn output_that_std_has_buffered_comes_out_once_and_in_order() {
    assert_eq!(scene("std").stdout, "parent child parent panic ");
}

#[test]
fn output_that_c_has_buffered_comes_out_once_and_in_order() {
    assert_eq!(scene("c").stdout, "parent child parent child");
}

#[test]
fn c_stream_of_the_parent_is_written_once_and_in_order() {
    assert_eq!(scene("c-file").stdout, "parent child parent child\n");
}

#[test]
fn threads_that_print_harm_no_spawn() {
    let outcome = scene("threads");
    let lines = |text: &str| text.lines().filter(|line| *line == "from a child").count();
    assert_eq!((lines(&outcome.stdout), lines(&outcome.stderr)), (300, 300));
    assert_eq!(outcome.stderr.matches("out of luck").count(), 150);
}

#[test]
fn short_backtrace_of_a_panic_ends_at_the_function_of_the_process() {
    let panics = fixture("fixture_endings").args(["panics", "plain_main"]);
    let outcome = panics.env("RUST_BACKTRACE", "1").env_remove("RUST_LIB_BACKTRACE").run();
    let (_, trace) = outcome.stderr.split_once("stack backtrace:").unwrap_or_else(|| panic!("{outcome}"));
    assert!(trace.contains("ways::panics"), "{outcome}");
    for parents in ["Builder", "method::fork", "main::"] {
        assert!(!trace.contains(parents), "`{parents}` in:\n{trace}");
    }
}

#[test]
fn ends_are_right_where_output_goes_to_a_pipe() {
    let outcome = redirected("", "ends");
    outcome.assert_code(0);
    assert_eq!(outcome.stdout, "much adoabout nothing");
    assert_eq!(outcome.stderr.matches("exited with code 7").count(), 1, "{outcome}");
}

#[test]
fn ends_are_right_where_output_is_closed() {
    redirected(">&- 2>&-", "ends").assert_code(0);
    redirected("", "ends-closed").assert_code(0);
}

#[test]
fn ends_are_right_where_the_device_is_full() {
    redirected(">/dev/full 2>/dev/full", "ends").assert_code(0);
}

#[test]
fn ends_are_right_where_nobody_reads() {
    // The reader is gone before the program starts. std ignores SIGPIPE, and so do its children.
    let script = "mkfifo $TMPDIR/p; exec 3<>$TMPDIR/p 4>$TMPDIR/p 3>&-; rm $TMPDIR/p; exec \"$0\" ends >&4 2>&4 4>&-";
    shell(script).assert_code(0);
}
