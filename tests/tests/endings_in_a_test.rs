//! Is each way to end reported exactly from inside a `#[test]`, and does the rest of the test run once?
//!
//! libtest runs a test in a second thread. So a plain process function is refused there, and the processes are of
//! functions that answer for threads. Panics unwind in tests, whatever the profile says; the panic that aborts is one
//! that must not leave a function of C.

use std::env;

use mp_tests::endings::{Threads, account, expected, sys};
use mp_tests::{Expect, Run};

const TEST: &str = "each_way_to_end_is_told_in_a_test";

const WAYS: [&str; 12] = [
    "returns",
    "errs",
    "panics",
    "panics_across_c",
    "exits",
    "exits_at_once",
    "aborts",
    "segfaults",
    "is_killed",
    "gets_a_real_time_signal",
    "overflows_its_stack",
    "never_begins",
];

#[test]
fn each_way_to_end_is_told_in_a_test() {
    match env::var("MP_WAY") {
        Ok(way) => {
            if way == "never_begins" {
                sys::kill_children_at_birth();
            }
            tell(&way);
        }
        Err(_) => WAYS.iter().for_each(|way| check(way)),
    }
}

/// The test in the program that [`check`] runs.
#[allow(clippy::print_stdout, reason = "the other test reads what this one prints")]
fn tell(way: &str) {
    print!("{way}: ");
    println!("{}", account(way, Threads::Refused));
    println!("{}", account(way, Threads::AnsweredFor));
    println!("the rest of the test, in process {}", std::process::id());
}

/// Runs this test, and only this test, again, with one way to end.
#[track_caller]
fn check(way: &str) {
    // With one thread libtest would run it in the first.
    let mut run = Run::program(env::current_exe().unwrap()).args([TEST, "--exact", "--nocapture", "--test-threads=2"]);
    run = run.env("MP_WAY", way).env("RUST_BACKTRACE", "1").env_remove("RUST_LIB_BACKTRACE");
    let messages = expected::messages(way);
    if messages.1 > 0 {
        run = run.expect(Expect::Alerts);
    }
    let outcome = run.run();
    outcome.assert_code(0);
    let expected = format!(
        "\nrunning 1 test\n\
         {way}: {}\n\
         {}\n\
         the rest of the test, in process {}\n\
         test {TEST} ... ok\n\n\
         test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out",
        expected::refused(way),
        expected::account(way, TEST),
        outcome.report.pid.unwrap()
    );
    let (stdout, time) = outcome.stdout.split_once("; finished in ").unwrap_or((&outcome.stdout, ""));
    assert_eq!(stdout, expected);
    assert_eq!(time.trim_end().lines().count(), 1, "{outcome}");
    expected::assert_messages(&outcome.stderr, messages);
}
