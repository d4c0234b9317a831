//! Is each way to end reported exactly, wherever the process was spawned, and does the rest of main run once?
//!
//! A test is a place and a way. `endings_in_a_test` has the fourth place.

use mp_tests::endings::{abort_build, expected};
use mp_tests::{Expect, Run, fixture};

/// How the processes of a way are called, and the program that has them.
fn program(way: &str) -> (&str, Run) {
    match way {
        "panics_under_abort" => ("panics", abort_build::fixture_endings()),
        _ => (way, fixture("fixture_endings")),
    }
}

/// The same for the program whose processes are cloned, not forked.
#[track_caller]
fn check_cloned(place: &str, way: &str) {
    check_in(place, way, fixture("fixture_endings_cloned"));
}

#[track_caller]
fn check(place: &str, way: &str) {
    let (way, run) = program(way);
    check_in(place, way, run);
}

#[track_caller]
fn check_in(place: &str, way: &str, mut run: Run) {
    let thread = if place.starts_with("second_thread") { "second" } else { "main" };
    let (account, messages) = match place {
        "second_thread" => (expected::refused(way), (0, 0)),
        _ => (expected::account(way, thread), expected::messages(way)),
    };
    if messages.1 > 0 {
        run = run.expect(Expect::Alerts);
    }
    let outcome = run.arg(way).arg(place).env("RUST_BACKTRACE", "1").env_remove("RUST_LIB_BACKTRACE").run();
    outcome.assert_code(0);
    let main = outcome.report.pid.unwrap();
    assert_eq!(outcome.stdout, format!("{place}: {account}\nthe rest of main, in process {main}\n"));
    expected::assert_messages(&outcome.stderr, messages);
}

macro_rules! places {
    ($($place:ident)*) => {$(
        mod $place {
            places! { in $place:
                returns errs panics panics_under_abort exits exits_at_once aborts segfaults is_killed
                gets_a_real_time_signal overflows_its_stack never_begins
            }
        }
    )*};
    (in $place:ident: $($way:ident)*) => {$(
        #[test]
        fn $way() {
            super::check(stringify!($place), stringify!($way));
        }
    )*};
}

places! { plain_main catch_unwind second_thread second_thread_answered_for }

/// A second thread is refused, or forks. `never_begins` needs a fork handler, and with it a fork.
mod cloned {
    macro_rules! places {
        ($($place:ident)*) => {$(
            mod $place {
                places! { in $place:
                    returns errs panics panics_across_c exits exits_at_once aborts segfaults is_killed
                    gets_a_real_time_signal overflows_its_stack
                }
            }
        )*};
        (in $place:ident: $($way:ident)*) => {$(
            #[test]
            fn $way() {
                crate::check_cloned(stringify!($place), stringify!($way));
            }
        )*};
    }

    places! { plain_main catch_unwind }
}
