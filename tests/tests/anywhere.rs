//! Do the same lines run in each kind of target that cargo has, by each start method and without a call that initialises; and
//! does a person see what a process says that a test has started?
//!
//! The lines are `anywhere/lines.rs`, the targets those of the package around it. Everything is run as a person would do it.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use mp_tests::{Expect, Outcome, Run};

/// What the lines print.
const SPOKEN: &str = "Fork speaks\nForkServer speaks\nExec speaks\n";

/// The time for a command that may have to build first.
const CARGO: Duration = Duration::from_secs(300);

const METHODS: [&str; 3] = ["Fork", "ForkServer", "Exec"];

/// A cargo command about the package; whatever follows `--` is for the program.
fn cargo(command: &str, args: &[&str]) -> Run {
    // What cargo itself leaves open is not the question.
    let run = Run::program(env!("CARGO")).arg(command).args(["--quiet", "--package", "mp-tests-anywhere"]).args(args);
    plain(run).deadline(CARGO).expect(Expect::FdsOpen)
}

/// With the surroundings of a person that has set nothing.
fn plain(run: Run) -> Run {
    ["RUST_BACKTRACE", "RUST_TEST_THREADS", "RUST_TEST_NOCAPTURE", "NEXTEST"].into_iter().fold(run, Run::env_remove)
}

#[track_caller]
fn assert_lines_ran(run: Run) {
    let outcome = run.run();
    outcome.assert_code(0);
    let expected = format!("{SPOKEN}[\"FORK\", \"FORKSERVER\", \"EXEC\"]\n");
    assert_eq!((&*outcome.stdout, &*outcome.stderr), (&*expected, ""));
}

/// Asserts that a run of libtest told of `passed` tests in all.
#[track_caller]
fn assert_passed(outcome: &Outcome, passed: usize) {
    outcome.assert_code(0);
    let counts = outcome.stdout.lines().filter_map(|line| line.strip_prefix("test result: ok. ")?.split(' ').next());
    assert_eq!(counts.map(|count| count.parse::<usize>().unwrap()).sum::<usize>(), passed, "{outcome}");
}

/// Asserts that each method has said `what` once, on the stream whose text this is.
#[track_caller]
fn assert_each_said(text: &str, what: &str, times: usize) {
    for method in METHODS {
        assert_eq!(text.matches(&format!("{method} {what}")).count(), times, "{method} {what}:\n{text}");
    }
}

#[test]
fn binary_runs_the_lines() {
    assert_lines_ran(cargo("run", &[]));
}

#[test]
fn example_runs_the_lines() {
    assert_lines_ran(cargo("run", &["--example", "in_an_example"]));
}

/// Another profile would build everything again.
#[test]
fn benchmark_without_harness_runs_the_lines() {
    assert_lines_ran(cargo("bench", &["--profile", "dev", "--bench", "without_harness"]));
    assert_lines_ran(cargo("test", &["--bench", "without_harness"]));
}

#[test]
fn benchmark_of_libtest_runs_the_lines_when_it_is_tested() {
    let outcome = cargo("test", &["--bench", "with_harness"]).run();
    assert_passed(&outcome, 1);
    assert_each_said(&outcome.stdout, "speaks", 1);
    // On stable a run of benchmarks has none to run, and says so.
    assert_passed(&cargo("bench", &["--profile", "dev", "--bench", "with_harness"]).run(), 0);
}

#[test]
fn doc_tests_run_the_lines() {
    assert_passed(&cargo("test", &["--doc"]).run(), 2);
}

#[test]
fn unit_test_runs_the_lines() {
    let outcome = cargo("test", &["--lib"]).run();
    assert_passed(&outcome, 1);
    assert_each_said(&outcome.stdout, "speaks", 1);
}

/// libtest shows of a test that passes nothing that it printed itself. Its processes are seen.
#[track_caller]
fn assert_seen(args: &[&str], test_is_seen: bool) {
    let outcome = cargo("test", &[&["--test", "in_a_test", "--"], args].concat()).run();
    assert_passed(&outcome, 3);
    assert_each_said(&outcome.stdout, "speaks", 1);
    assert_each_said(&outcome.stderr, "warns\n", 1);
    assert_each_said(&outcome.stderr, "has stumbled\n", 1);
    assert_eq!(outcome.stderr.matches("anywhere/tests/in_a_test.rs:13:5:\n").count(), 3, "{outcome}");
    assert_eq!(outcome.stdout.contains("the test speaks"), test_is_seen, "{outcome}");
}

#[test]
fn processes_of_a_passing_test_are_seen() {
    assert_seen(&[], false);
}

#[test]
fn processes_of_a_passing_test_are_seen_with_nocapture() {
    assert_seen(&["--nocapture"], true);
}

/// Then libtest runs the tests in the first thread.
#[test]
fn processes_of_a_passing_test_are_seen_with_one_thread() {
    assert_seen(&["--test-threads=1"], false);
}

#[test]
fn processes_of_a_failing_test_are_seen_and_so_is_what_the_handle_tells() {
    for args in [&[][..], &["--nocapture"], &["--test-threads=1"]] {
        let args = [&["--test", "in_a_test", "--", "test_has_processes_that_panic"], args].concat();
        let outcome = cargo("test", &args).env("MP_FAIL", "1").run();
        outcome.assert_code(101);
        let all = format!("{}{}", outcome.stdout, outcome.stderr);
        assert!(all.contains("the test speaks"), "{outcome}");
        assert_each_said(&outcome.stderr, "warns\n", 1);
        // Once by itself, and once in the error that the test panicked with.
        assert_each_said(&all, "has stumbled\n", 2);
        let told = ") panicked at tests/anywhere/tests/in_a_test.rs:13:5: ";
        let whole = METHODS.map(|way| all.contains(&format!("{told}{way} has stumbled\n")));
        assert_eq!(whole, [true; 3], "{outcome}");
    }
}

/// The test program; it is built with the package.
fn test_program() -> PathBuf {
    let outcome = cargo("test", &["--test", "in_a_test", "--no-run", "--message-format", "json"]).run();
    outcome.assert_code(0);
    let paths = outcome.stdout.split("\"executable\":\"").skip(1).filter_map(|rest| rest.split('"').next());
    // The binary is built with it.
    PathBuf::from(paths.filter(|path| path.contains("in_a_test")).last().expect("cargo says where it is"))
}

/// What cargo-nextest does: it asks for the names of the tests, and gives each a process.
#[test]
fn tests_run_the_lines_one_by_one_as_nextest_does_it() {
    let program = test_program();
    let list = plain(Run::program(&program)).args(["--list", "--format", "terse"]).run();
    let names: Vec<_> = list.stdout.lines().filter_map(|line| line.strip_suffix(": test")).collect();
    assert_eq!(names.len(), 3, "{list}");
    for name in names {
        let run = plain(Run::program(&program)).args(["--exact", name, "--nocapture"]).env("NEXTEST", "1");
        // What the runtime keeps for the next start is closed by the end of the process.
        let outcome = run.expect(Expect::FdsOpen).run();
        assert_passed(&outcome, 1);
        assert_each_said(&outcome.stdout, "speaks", usize::from(name == "test_runs_the_lines"));
        assert_each_said(&outcome.stderr, "has stumbled", usize::from(name == "test_has_processes_that_panic"));
    }
}

/// Where there is no cargo-nextest, the test before this one is all there is.
#[test]
fn nextest_itself_runs_the_lines_and_finds_no_process_left() {
    if Command::new("cargo-nextest").args(["nextest", "--version"]).output().is_err() {
        return;
    }
    let run = Run::program("cargo-nextest").args(["nextest", "run", "--package", "mp-tests-anywhere"]);
    let outcome = plain(run).args(["--color", "never"]).deadline(CARGO).expect(Expect::FdsOpen).run();
    outcome.assert_code(0);
    assert!(outcome.stderr.contains(" 4 tests run: 4 passed, 0 skipped"), "{outcome}");
    assert!(!outcome.stderr.contains("LEAK"), "{outcome}");
}

/// cargo takes what the build script says for an error, and compiles nothing of the crate.
#[test]
fn other_systems_are_refused_before_anything_is_compiled() {
    let script = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("refuses-other-systems");
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/../mp-runtime/build.rs");
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let built = Command::new(rustc).args(["--edition", "2024", source, "-o"]).arg(&script).status().unwrap();
    assert!(built.success());
    for (system, refused) in [("linux", false), ("macos", true), ("windows", true)] {
        let outcome = Run::program(&script).env("CARGO_CFG_TARGET_OS", system).run();
        outcome.assert_code(0);
        let said = format!("cargo::error=mp-runtime runs on Linux only, and this is for `{system}`: ");
        assert_eq!(outcome.stdout.contains(&said), refused, "{outcome}");
    }
}
