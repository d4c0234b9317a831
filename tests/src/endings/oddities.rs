//! Ends where two things happen at once, or something fails that seldom does.

use std::env;
use std::fmt;
use std::io;
use std::panic::{catch_unwind, panic_any, resume_unwind, set_hook};
use std::process::{abort, exit};
use std::thread::{self, JoinHandle};

use mp_runtime::process;
use serde::{Deserialize, Serialize, Serializer};

use crate::endings::{sys, tell};

/// Does something when dropped.
struct OnDrop(fn());

impl Drop for OnDrop {
    fn drop(&mut self) {
        (self.0)();
    }
}

#[process]
fn panics_in_a_destructor_while_unwinding() {
    let _second = OnDrop(|| panic!("second thoughts"));
    panic!("first thoughts");
}

#[process]
fn exits_in_a_destructor_while_unwinding() {
    let _second = OnDrop(|| exit(9));
    panic!("before the exit");
}

#[process]
fn returns_after_a_caught_panic() -> bool {
    catch_unwind(|| panic!("caught, then returned")).is_err()
}

#[process]
fn aborts_after_a_caught_panic() {
    let _ = catch_unwind(|| panic!("caught, then aborted"));
    abort();
}

#[process]
fn exits_after_a_caught_panic() {
    let _ = catch_unwind(|| panic!("caught, then exited"));
    exit(101);
}

#[process]
fn panics_after_a_caught_panic() {
    let _ = catch_unwind(|| panic!("caught"));
    panic!("not caught");
}

#[process]
fn panics_with_a_number() {
    panic_any(42);
}

#[process]
fn panics_with_what_panics_when_dropped() {
    panic_any(OnDrop(|| panic!("when dropped")));
}

#[process]
fn resumes_unwinding() {
    resume_unwind(Box::new("resumed"));
}

#[process]
fn resumes_unwinding_after_a_caught_panic() {
    let _ = catch_unwind(|| panic!("caught, then another"));
    resume_unwind(Box::new("another"));
}

#[process]
fn resumes_a_caught_panic() {
    let Err(payload) = catch_unwind(|| panic!("caught, then resumed"));
    resume_unwind(payload);
}

/// More than a page, in characters of three bytes.
#[process]
fn panics_at_length() {
    panic!("{}", "€".repeat(5000));
}

#[process]
fn panics_under_a_hook_of_its_own() {
    set_hook(Box::new(|_| ()));
    panic!("unseen");
}

fn panicking_thread() -> JoinHandle<()> {
    let thread = thread::Builder::new().name("worker".to_owned()).spawn(|| panic!("in a thread"));
    thread.expect("a thread starts")
}

#[process]
fn unwraps_a_panicked_thread() {
    panicking_thread().join().unwrap();
}

#[process]
fn ignores_a_panicked_thread() -> bool {
    panicking_thread().join().is_err()
}

#[process]
fn resumes_the_panic_of_a_thread() {
    if let Err(payload) = panicking_thread().join() {
        resume_unwind(payload);
    }
}

/// In the temporary directory, where the core pattern puts it into the current one.
#[process]
fn dumps_core() -> io::Result<()> {
    sys::allow_core()?;
    env::set_current_dir(env::temp_dir())?;
    abort()
}

#[process]
fn exits_in_a_thread() {
    let _ = thread::spawn(|| exit(10)).join();
}

#[process]
fn overflows_the_stack_of_a_thread() {
    let _ = thread::spawn(|| sys::use_up_the_stack(0)).join();
}

struct Unspeakable;

impl fmt::Display for Unspeakable {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("in `Display`")
    }
}

#[process]
fn errs_with_what_panics_when_shown() -> Result<(), Unspeakable> {
    Err(Unspeakable)
}

/// How writing the result fails.
#[derive(Debug, Clone, Copy, Deserialize)]
enum Unwritable {
    Panics,
    Errs,
}

impl Serialize for Unwritable {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        match self {
            Unwritable::Panics => panic!("in `Serialize`"),
            Unwritable::Errs => Err(serde::ser::Error::custom("no words for it")),
        }
    }
}

#[process]
fn returns_what_panics_when_written() -> Unwritable {
    Unwritable::Panics
}

#[process]
fn returns_what_cannot_be_written() -> Unwritable {
    Unwritable::Errs
}

/// A result that can be written, and not read.
#[derive(Debug, Serialize)]
struct Unreadable;

impl<'de> Deserialize<'de> for Unreadable {
    fn deserialize<D: serde::Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        Err(serde::de::Error::custom("no eyes for it"))
    }
}

#[process]
fn returns_what_cannot_be_read() -> Unreadable {
    Unreadable
}

macro_rules! oddities {
    ($($way:ident)*) => {
        /// The account of the end of this name, if there is one.
        pub(super) fn account(way: &str) -> Option<String> {
            $(if way == stringify!($way) {
                return Some(tell($way::process()));
            })*
            None
        }
    };
}

oddities! {
    panics_in_a_destructor_while_unwinding
    exits_in_a_destructor_while_unwinding
    returns_after_a_caught_panic
    aborts_after_a_caught_panic
    exits_after_a_caught_panic
    panics_after_a_caught_panic
    panics_with_a_number
    panics_with_what_panics_when_dropped
    resumes_unwinding
    resumes_unwinding_after_a_caught_panic
    resumes_a_caught_panic
    panics_at_length
    panics_under_a_hook_of_its_own
    unwraps_a_panicked_thread
    ignores_a_panicked_thread
    resumes_the_panic_of_a_thread
    dumps_core
    exits_in_a_thread
    overflows_the_stack_of_a_thread
    errs_with_what_panics_when_shown
    returns_what_panics_when_written
    returns_what_cannot_be_written
    returns_what_cannot_be_read
}
