//! Does the runner catch everything a program may leave behind, and let a clean program pass?

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use mp_tests::{Expect, Run, fixture};

fn sh(script: &str) -> Run {
    Run::program("/bin/sh").arg("-c").arg(script)
}

fn leaky(mode: &str) -> Run {
    fixture("fixture_leaky").arg(mode)
}

/// What a panic said.
fn complaint<T>(test: impl FnOnce() -> T) -> String {
    let Err(panic) = catch_unwind(AssertUnwindSafe(test)) else { panic!("expected a complaint") };
    *panic.downcast::<String>().expect("a complaint is a formatted text")
}

/// The sentences in the complaint of a run that is not clean.
fn violations(run: Run) -> Vec<String> {
    let complaint = complaint(|| run.run());
    let mut lines = complaint.lines();
    assert_eq!(lines.next(), Some("the run is not clean:"), "{complaint}");
    lines.map_while(|line| line.strip_prefix("  ")).map(str::to_owned).collect()
}

/// Asserts that there are exactly these violations, each beginning so and ending so.
fn assert_violations(run: Run, expected: &[(&str, &str)]) {
    let found = violations(run);
    let fits = |(line, (start, end)): (&String, &(&str, &str))| line.starts_with(start) && line.ends_with(end);
    assert!(found.len() == expected.len() && found.iter().zip(expected).all(fits), "{found:#?}");
}

#[test]
fn clean_program_passes() {
    let outcome = leaky("clean").run();
    outcome.assert_code(0);
    assert_eq!(outcome.stdout, "clean\n");
    assert_eq!(outcome.stderr, "");
    assert!(outcome.report.adopted.is_empty() && outcome.report.pid.is_some());
}

#[test]
fn exit_codes_are_exact() {
    for code in [0, 3, 255] {
        leaky("code").arg(code.to_string()).run().assert_code(code);
        sh(&format!("exit {code}")).run().assert_code(code);
    }
}

#[test]
fn exit_from_another_thread_is_seen() {
    let outcome = leaky("thread-code").arg("5").run();
    outcome.assert_code(5);
    assert!(!outcome.report.exit_not_seen);
}

#[test]
fn deadly_signals_are_exact() {
    for signal in [9, 11, 37] {
        let outcome = leaky("signal").arg(signal.to_string()).run();
        outcome.assert_signal(signal);
        assert_eq!(outcome.code(), None);
        sh(&format!("kill -{signal} $$")).run().assert_signal(signal);
    }
}

#[test]
fn leaked_fd_is_caught() {
    assert_violations(leaky("leak-fd"), &[("fd open at exit: ", " /dev/null")]);
    assert_violations(sh("exec 9</dev/null"), &[("fd open at exit: 9 ", "/dev/null")]);
}

#[test]
fn zombie_is_caught() {
    assert_violations(leaky("zombie"), &[("zombie at exit: ", " Z true")]);
}

#[test]
fn living_child_is_caught_and_killed() {
    let expected = [("living child at exit: ", " sleep"), ("survivor, had to be killed: ", " sleep")];
    assert_violations(leaky("orphan"), &expected);
    // The shell's job may not have become `sleep` yet when the shell exits.
    assert_violations(
        sh("sleep 1000 &"),
        &[("living child at exit: ", ""), ("survivor, had to be killed: ", " sleep")],
    );
}

#[test]
fn every_generation_of_survivors_is_caught() {
    let inner = "sleep 1000 & echo ready >$TMPDIR/fifo; wait";
    let run = sh(&format!("mkfifo $TMPDIR/fifo; sh -c '{inner}' & read x <$TMPDIR/fifo; rm $TMPDIR/fifo"));
    let survivor = ("survivor, had to be killed: ", "");
    assert_violations(run, &[("living child at exit: ", " sh"), survivor, survivor]);
}

#[test]
fn orphan_that_ends_by_itself_is_caught() {
    assert_violations(leaky("adopted"), &[("orphan that ended by itself: ", "")]);
}

#[test]
fn temporary_file_is_caught_and_removed() {
    assert_violations(leaky("tempfile"), &[("file left in the temporary directory: ", "forgotten")]);
}

#[test]
fn each_run_has_a_temporary_directory_of_its_own() {
    let [first, second] = [(); 2].map(|()| sh("printf %s \"$TMPDIR\"").run().stdout);
    assert_ne!(first, second);
    assert!(!fs::exists(first).unwrap() && !fs::exists(second).unwrap());
}

#[test]
fn shared_memory_is_caught() {
    let complaint = complaint(|| leaky("shared-memory").run());
    let path = complaint.lines().find(|line| line.starts_with("/dev/shm/")).unwrap();
    fs::remove_file(path).unwrap();
    let name = path.trim_start_matches("/dev/shm/");
    assert!(complaint.contains(&format!("shared memory left in /dev/shm: {name}")), "{complaint}");
}

#[test]
fn alarming_words_are_caught() {
    assert_violations(leaky("alert"), &[("stderr says `fatal runtime error`", "")]);
}

#[test]
fn hang_ends_at_the_deadline_and_names_the_process() {
    let run = leaky("hang").deadline(Duration::from_millis(300));
    assert_violations(run, &[("deadline: it still ran after 300ms: ", "")]);
    let run = sh("sleep 1000; :").deadline(Duration::from_millis(300));
    let found = violations(run).remove(0);
    assert!(found.contains(" sh ") && found.contains(" sleep "), "{found}");
}

#[test]
fn declared_leftovers_pass() {
    leaky("leak-fd").expect(Expect::FdsOpen).run().assert_code(0);
    leaky("zombie").expect(Expect::ChildrenAtExit).run().assert_code(0);
    leaky("adopted").expect(Expect::Adopted).run().assert_code(0);
    leaky("tempfile").expect(Expect::TempFiles).run().assert_code(0);
    leaky("alert").expect(Expect::Alerts).run().assert_code(0);
    let outcome = leaky("orphan").expect(Expect::ChildrenAtExit).expect(Expect::Survivors).run();
    assert_eq!(outcome.report.survivors.len(), 1);
}

#[test]
fn after_a_deadly_signal_only_survivors_count() {
    let outcome = sh("exec 9</dev/null; cat <&0 & kill -9 $$").run();
    outcome.assert_signal(9);
    assert_eq!(outcome.report.adopted.len(), 1);
    assert_violations(sh("sleep 1000 & kill -9 $$"), &[("survivor, had to be killed: ", "")]);
}

#[test]
fn missing_program_is_told() {
    let complaint = complaint(|| Run::program("/no/such/program").run());
    assert!(complaint.starts_with("expected that it starts"), "{complaint}");
    assert!(complaint.contains("not started: No such file or directory"), "{complaint}");
}

#[test]
fn missing_fixture_says_what_to_do() {
    let complaint = complaint(|| fixture("no_such_fixture"));
    assert!(complaint.ends_with("run cargo test at the workspace root"), "{complaint}");
}

#[test]
fn outputs_larger_than_a_pipe_arrive_whole() {
    let input = "0123456789abcdef".repeat(20_000);
    let outcome = leaky("flood").arg("3").stdin(input.clone()).run();
    assert_eq!(outcome.stdout, format!("{input}\n").repeat(3));
    assert_eq!(outcome.stderr, outcome.stdout);
}

#[test]
fn stdin_may_be_ignored() {
    leaky("code").arg("4").stdin("x".repeat(1 << 20)).run().assert_code(4);
}

#[test]
fn environment_is_passed_on() {
    let run = sh("echo $FIRST${HOME-unset}").env("FIRST", "one ").env_remove("HOME");
    assert_eq!(run.run().stdout, "one unset\n");
}

#[test]
fn signals_reach_the_program_and_lines_are_read_while_it_runs() {
    let script = "trap 'echo usr1; exit 6' USR1; echo ready; while :; do read x; done";
    let mut running =
        sh(&format!("mkfifo $TMPDIR/p; exec 3<>$TMPDIR/p; rm $TMPDIR/p; {script} <&3")).expect(Expect::FdsOpen).start();
    assert_eq!(running.read_line().as_deref(), Some("ready"));
    assert!(running.signal(libc::SIGUSR1));
    assert_eq!(running.read_line().as_deref(), Some("usr1"));
    assert_eq!(running.read_line(), None);
    let outcome = running.finish();
    outcome.assert_code(6);
    assert_eq!(outcome.stdout, "ready\nusr1\n");
}

#[test]
fn stopped_program_stays_stopped_until_it_is_continued() {
    let mut running = leaky("stopped").start();
    assert_eq!(running.read_line().as_deref(), Some("before"));
    assert_eq!(running.wait_stopped(), libc::SIGSTOP);
    let stat = fs::read_to_string(format!("/proc/{}/stat", running.pid())).unwrap();
    assert!(matches!(stat.split(") ").nth(1).unwrap().as_bytes()[0], b'T' | b't'), "{stat}");
    assert!(running.signal(libc::SIGCONT));
    assert_eq!(running.read_line().as_deref(), Some("after"));
    running.finish().assert_code(0);
}

#[test]
fn line_that_never_comes_fails_at_the_deadline() {
    let complaint = complaint(|| leaky("hang").deadline(Duration::from_millis(300)).start().read_line());
    assert!(complaint.starts_with("expected a line on stdout before the deadline"), "{complaint}");
}

#[test]
fn forgotten_finish_is_caught() {
    let complaint = complaint(|| drop(leaky("hang").start()));
    assert!(complaint.starts_with("expected a call of `Running::finish`"), "{complaint}");
}
