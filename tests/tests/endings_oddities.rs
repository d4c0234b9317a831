//! Is an end reported exactly when two things happen at once, or something fails that seldom does?

use std::fs;
use std::path::Path;
use std::process::Command;

use mp_tests::endings::{abort_build, expected};
use mp_tests::{Expect, Run, fixture};

/// A process with such an end, spawned from a plain main.
struct Oddity {
    way: &'static str,
    run: Run,
    /// How many messages of panics, and of used-up stacks, there are on stderr.
    messages: (usize, usize),
}

fn oddity(way: &'static str) -> Oddity {
    Oddity { way, run: fixture("fixture_endings"), messages: (0, 0) }
}

fn under_abort(way: &'static str) -> Oddity {
    Oddity { run: abort_build::fixture_endings(), ..oddity(way) }
}

impl Oddity {
    fn panics(self, panics: usize) -> Self {
        Self { messages: (panics, 0), ..self }
    }

    fn overflows(self) -> Self {
        Self { messages: (0, 1), run: self.run.expect(Expect::Alerts), ..self }
    }

    /// What its parent is told.
    #[track_caller]
    fn account(self) -> String {
        let run = self.run.arg(self.way).arg("plain_main");
        let outcome = run.env("RUST_BACKTRACE", "1").env_remove("RUST_LIB_BACKTRACE").run();
        outcome.assert_code(0);
        expected::assert_messages(&outcome.stderr, self.messages);
        let rest = format!("\nthe rest of main, in process {}\n", outcome.report.pid.unwrap());
        let account = outcome.stdout.strip_prefix("plain_main: ").and_then(|line| line.strip_suffix(&rest));
        account.unwrap_or_else(|| panic!("{outcome}")).to_owned()
    }

    #[track_caller]
    fn returned(self, value: &str) {
        assert_eq!(self.account(), expected::returned(value));
    }

    #[track_caller]
    fn failed(self, message: &str) {
        let expected = expected::failed(self.way, message);
        assert_eq!(self.account(), expected);
    }

    #[track_caller]
    fn panicked(self, message: &str, text: &str) {
        self.panicked_in("main", message, text);
    }

    #[track_caller]
    fn panicked_in(self, thread: &str, message: &str, text: &str) {
        let expected = expected::panicked(self.way, message, text, thread);
        assert_eq!(self.account(), expected);
    }

    #[track_caller]
    fn panicked_somewhere(self, message: &str) {
        let expected = expected::panicked_somewhere(self.way, message);
        assert_eq!(self.account(), expected);
    }

    #[track_caller]
    fn exited(self, code: i32) {
        let expected = expected::exited(self.way, code);
        assert_eq!(self.account(), expected);
    }

    #[track_caller]
    fn aborted(self) {
        let expected = expected::killed(self.way, 6, "SIGABRT");
        assert_eq!(self.account(), expected);
    }
}

#[test]
fn panic_in_a_destructor_while_unwinding_is_told_with_what_std_makes_of_it() {
    let message = "second thoughts; then: panic in a destructor during cleanup";
    oddity("panics_in_a_destructor_while_unwinding").panics(3).panicked(message, r#"panic!("second thoughts")"#);
}

#[test]
fn exit_in_a_destructor_while_unwinding_is_an_exit() {
    oddity("exits_in_a_destructor_while_unwinding").panics(1).exited(9);
}

#[test]
fn caught_panic_does_not_spoil_a_return() {
    oddity("returns_after_a_caught_panic").panics(1).returned("true");
}

#[test]
fn caught_panic_is_not_taken_for_the_cause_of_an_abort() {
    oddity("aborts_after_a_caught_panic").panics(1).aborted();
}

#[test]
fn caught_panic_is_not_taken_for_the_cause_of_an_exit_with_its_code() {
    oddity("exits_after_a_caught_panic").panics(1).exited(101);
}

#[test]
fn caught_panic_is_not_taken_for_the_next() {
    oddity("panics_after_a_caught_panic").panics(2).panicked("not caught", r#"panic!("not caught")"#);
}

#[test]
fn panic_with_a_number_is_told_as_std_prints_it() {
    oddity("panics_with_a_number").panics(1).panicked("Box<dyn Any>", "panic_any(42)");
}

#[test]
fn payload_that_panics_when_dropped_is_not_dropped() {
    oddity("panics_with_what_panics_when_dropped").panics(1).panicked("Box<dyn Any>", "panic_any(OnDrop");
}

#[test]
fn resumed_unwinding_has_a_message_and_no_place() {
    oddity("resumes_unwinding").panicked_somewhere("resumed");
}

#[test]
fn resumed_unwinding_is_not_placed_at_a_caught_panic() {
    oddity("resumes_unwinding_after_a_caught_panic").panics(1).panicked_somewhere("another");
}

#[test]
fn resumed_panic_is_told_with_its_first_place() {
    oddity("resumes_a_caught_panic").panics(1).panicked("caught, then resumed", r#"panic!("caught, then resumed")"#);
}

#[test]
fn message_longer_than_a_page_is_whole() {
    oddity("panics_at_length").panics(1).panicked(&"€".repeat(5000), r#"panic!("{}", "€""#);
}

#[test]
fn panic_under_a_hook_of_its_own_has_a_message() {
    oddity("panics_under_a_hook_of_its_own").panicked_somewhere("unseen");
}

#[test]
fn unwrapped_panic_of_a_thread_is_told_as_the_unwrapping() {
    let message = "called `Result::unwrap()` on an `Err` value: Any { .. }";
    oddity("unwraps_a_panicked_thread").panics(2).panicked(message, "unwrap();");
}

#[test]
fn ignored_panic_of_a_thread_does_not_spoil_a_return() {
    oddity("ignores_a_panicked_thread").panics(1).returned("true");
}

#[test]
fn resumed_panic_of_a_thread_has_a_message() {
    oddity("resumes_the_panic_of_a_thread").panics(1).panicked_somewhere("in a thread");
}

#[test]
fn exit_in_a_thread_is_an_exit() {
    oddity("exits_in_a_thread").exited(10);
}

#[test]
fn overflow_in_a_thread_is_told_as_one() {
    let oddity = oddity("overflows_the_stack_of_a_thread").overflows();
    let expected = expected::overflowed(oddity.way);
    assert_eq!(oddity.account(), expected);
}

#[test]
fn panic_in_the_display_of_an_error_is_a_panic() {
    oddity("errs_with_what_panics_when_shown").panics(1).panicked("in `Display`", r#"panic!("in `Display`")"#);
}

#[test]
fn panic_in_the_serialize_of_a_result_is_a_panic() {
    oddity("returns_what_panics_when_written").panics(1).panicked("in `Serialize`", r#"panic!("in `Serialize`")"#);
}

#[test]
fn result_that_cannot_be_written_is_a_failure() {
    oddity("returns_what_cannot_be_written").failed("its result could not be encoded: Serde Serialization Error");
}

#[test]
fn result_that_cannot_be_read_is_an_error_though_the_function_returned() {
    let what = "returned, but its value could not be read: Serde Deserialization Error";
    let expected = format!(
        "Returned | began true, code Some(0), signal None | \
         Err(process `returns_what_cannot_be_read` (pid ID) {what}) | wrong: []"
    );
    assert_eq!(oddity("returns_what_cannot_be_read").account(), expected);
}

/// Not under the warden, which forbids core files to all below it. A process that aborts needs no deadline.
#[test]
fn core_file_is_told() {
    let pattern = fs::read_to_string("/proc/sys/kernel/core_pattern").unwrap();
    if pattern.contains(['/', '|']) {
        return; // It would not be ours.
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("core_file-{}", std::process::id()));
    fs::create_dir(&folder).unwrap();
    let mut fixture = Command::new(env!("CARGO_BIN_EXE_fixture_endings"));
    let output = fixture.args(["dumps_core", "plain_main"]).env("TMPDIR", &folder).output().unwrap();
    fs::remove_dir_all(&folder).unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    let account = stdout.lines().next().and_then(|line| line.strip_prefix("plain_main: "));
    // Whether the hard limit allows it depends on who runs this.
    let forbidden = expected::failed("dumps_core", "Operation not permitted (os error 1)");
    if account != Some(&forbidden) {
        assert_eq!(account, Some(&*expected::dumped_core("dumps_core")));
    }
}

#[test]
fn under_abort_a_panic_of_a_thread_is_told_with_its_thread() {
    under_abort("ignores_a_panicked_thread").panics(1).panicked_in("worker", "in a thread", r#"panic!("in a thread")"#);
}

#[test]
fn under_abort_nothing_catches_a_panic() {
    let (message, text) = ("caught, then aborted", r#"panic!("caught, then aborted")"#);
    under_abort("aborts_after_a_caught_panic").panics(1).panicked(message, text);
}

#[test]
fn under_abort_a_message_longer_than_a_page_is_whole() {
    under_abort("panics_at_length").panics(1).panicked(&"€".repeat(5000), r#"panic!("{}", "€""#);
}

#[test]
fn under_abort_a_panic_with_a_number_is_told() {
    under_abort("panics_with_a_number").panics(1).panicked("Box<dyn Any>", "panic_any(42)");
}

#[test]
fn under_abort_a_panic_in_the_display_of_an_error_is_a_panic() {
    let text = r#"panic!("in `Display`")"#;
    under_abort("errs_with_what_panics_when_shown").panics(1).panicked("in `Display`", text);
}

#[test]
fn under_abort_a_panic_in_c_is_the_panic() {
    under_abort("panics_across_c").panics(1).panicked("out of luck in C", r#"panic!("out of luck in C")"#);
}

#[test]
fn under_abort_an_abort_without_panic_is_none() {
    under_abort("aborts").aborted();
}

#[test]
fn under_abort_resumed_unwinding_tells_nobody_and_aborts() {
    under_abort("resumes_unwinding").aborted();
}

#[test]
fn under_abort_an_overflow_is_told_as_one() {
    let oddity = under_abort("overflows_its_stack").overflows();
    let expected = expected::overflowed(oddity.way);
    assert_eq!(oddity.account(), expected);
}
