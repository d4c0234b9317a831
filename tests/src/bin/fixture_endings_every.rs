//! `fixture_endings_every exit | _exit | signal`: starts a process for every exit code, or for every signal, one after
//! the other; prints how each ended, and then that the rest of main has run.
#![allow(clippy::print_stdout, reason = "the test reads what this program prints")]

use std::io;
use std::process::exit;

use mp_runtime::{Child, SpawnError, process};
use mp_tests::endings::sys;

#[process]
fn exits(code: i32) {
    exit(code);
}

#[process]
fn exits_at_once(code: i32) -> ! {
    sys::exit_at_once(code)
}

/// Returns if the default action of the signal is to be ignored.
#[process]
fn gets(signal: i32) -> io::Result<()> {
    sys::default_action(signal);
    mp_tests::raise(signal)
}

fn main() -> Result<(), SpawnError> {
    match std::env::args().nth(1).as_deref() {
        Some("exit") => (0..=255).try_for_each(|code| exits::spawn(code).map(tell))?,
        Some("_exit") => (0..=255).try_for_each(|code| exits_at_once::spawn(code).map(tell))?,
        Some("signal") => {
            (1..=64).filter(|signal| ends(*signal)).try_for_each(|signal| gets::spawn(signal).map(tell))?
        }
        other => panic!("expected `exit`, `_exit` or `signal`, found {other:?}"),
    }
    println!("the rest of main, in process {}", std::process::id());
    Ok(())
}

/// Whether a process that gets this signal ends, or goes on: the C library keeps two for itself, and four stop.
fn ends(signal: i32) -> bool {
    !matches!(signal, 32 | 33 | libc::SIGSTOP | libc::SIGTSTP | libc::SIGTTIN | libc::SIGTTOU)
}

fn tell<T>(child: Child<T>) {
    match child.join() {
        Ok(_) => println!("Returned"),
        Err(error) => match error.exit() {
            Some(exit) => println!("{:?}, began {}", exit.kind(), exit.began()),
            None => println!("{error}"),
        },
    }
}
