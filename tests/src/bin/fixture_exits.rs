//! What of its program's a process does not do or get: exit handlers and timers. The first argument names a scene.
#![allow(clippy::print_stdout, reason = "the test reads what this program prints")]

use std::env;
use std::io::stdout;
use std::process::exit;

use fixture_kit::sys;
use mp_runtime::{StartMethod, current, process};
use nix::unistd::{alarm, write};

mod fixture_kit;

/// Written past the streams, which are flushed at another moment.
extern "C" fn handler() {
    write(stdout(), format!("handler in {}\n", current().name()).as_bytes()).expect("somebody reads");
}

#[process]
fn returns() {}

#[process]
fn panics() {
    panic!("on purpose")
}

#[process]
fn exits_at_once() {
    sys::leave(3)
}

#[process]
fn exits() {
    exit(3)
}

#[process(start = forkserver)]
fn remaining() -> Option<u32> {
    alarm::cancel()
}

/// Each way to end, in a program with a handler.
fn handlers() {
    sys::at_exit(handler);
    returns::spawn().unwrap().join().unwrap();
    assert!(panics::spawn().unwrap().join().is_err());
    for child in [exits_at_once::spawn().unwrap(), exits::spawn().unwrap()] {
        assert_eq!(child.join().unwrap_err().exit().unwrap().code(), Some(3));
    }
}

/// By each method a process has none, and the program keeps its own.
fn timers() {
    assert_eq!(alarm::set(1000), None);
    for method in [StartMethod::Fork, StartMethod::ForkServer, StartMethod::Exec] {
        assert_eq!(remaining::process().start(method).spawn().unwrap().join().unwrap(), None, "{method:?}");
    }
    assert!(alarm::cancel().is_some_and(|seconds| seconds > 900));
}

fn main() {
    match env::args().nth(1).as_deref() {
        Some("handlers") => handlers(),
        Some("timers") => timers(),
        scene => panic!("no such scene: {scene:?}"),
    }
}
