//! Programs with a `fn main` of their own that leave processes to their end; the first argument names one.
#![allow(clippy::print_stdout, reason = "the test reads what this program prints")]

use std::env;
use std::process::{ExitCode, exit};

use fixture_kit::{Gate, ended, stat, until};
use mp_runtime::{Child, current, process};
use nix::sys::signal::{SigSet, Signal};

mod fixture_kit;

/// Runs until SIGTERM, and says so. Opens the gate when it runs.
#[process(daemon)]
fn serve(running: &Gate) {
    let terminate = SigSet::from(Signal::SIGTERM);
    terminate.thread_block().unwrap();
    running.open(1);
    terminate.wait().unwrap();
    println!("{} stopped", current().name());
}

/// Ends when the process `before` is no more: neither running nor a zombie.
#[process]
fn outlive(before: u32) {
    until(|| stat(before).is_none());
    println!("{} ends", current().name());
}

#[process(daemon)]
fn ignore_terminate(running: &Gate) {
    fixture_kit::sys::ignore(libc::SIGTERM);
    running.open(1);
    loop {
        std::thread::park();
    }
}

#[process]
fn leave(code: i32) {
    exit(code);
}

/// A process with a daemon and another child, for whose end it does not ask.
#[process]
fn middle() -> u32 {
    let running = Gate::new();
    daemon_and_other(&running);
    7
}

/// As `middle`, and fails.
#[process]
fn middle_that_panics() {
    let running = Gate::new();
    daemon_and_other(&running);
    panic!("out of luck");
}

/// Starts a daemon, and another process that ends after the daemon. Waits until the daemon runs.
fn daemon_and_other(running: &Gate) -> (Child<()>, Child<()>) {
    let daemon = serve::spawn(running).unwrap();
    let other = outlive::spawn(daemon.id()).unwrap();
    running.wait();
    (daemon, other)
}

/// As in CPython's `test_recursion`: a tree of depth 2 and fan-out 2, each joined before the next.
#[process]
fn tree(path: Vec<u32>) {
    println!("{path:?}");
    if path.len() < 2 {
        for branch in 0..2 {
            let path = path.iter().copied().chain([branch]).collect();
            tree::spawn(path).unwrap().join().unwrap();
        }
    }
}

fn main() -> ExitCode {
    let mode = env::args().nth(1).unwrap_or_default();
    match mode.as_str() {
        "return" => {
            let running = Gate::new();
            daemon_and_other(&running);
            return ExitCode::from(4);
        }
        "panic" => {
            let running = Gate::new();
            let _children = daemon_and_other(&running);
            panic!("main is out of luck");
        }
        "exit" => {
            {
                let running = Gate::new();
                daemon_and_other(&running);
            }
            exit(6);
        }
        "stubborn" => {
            let running = Gate::new();
            ignore_terminate::spawn(&running).unwrap();
            running.wait();
        }
        "failures" => {
            drop(leave::spawn(7).unwrap());
            return ExitCode::from(2);
        }
        "judged" => {
            let child = leave::spawn(7).unwrap();
            ended(child.id());
            assert_eq!(child.exit().unwrap().code(), Some(7));
            assert_eq!(leave::spawn(8).unwrap().join().unwrap_err().into_exit().unwrap().code(), Some(8));
        }
        "nested" => {
            println!("middle gives {}", middle::spawn().unwrap().join().unwrap());
        }
        "nested-panic" => {
            let exit = middle_that_panics::spawn().unwrap().join().unwrap_err().into_exit().unwrap();
            println!("middle panicked: {}", exit.panic().unwrap().message());
        }
        "recursion" => tree::spawn(Vec::new()).unwrap().join().unwrap(),
        mode => panic!("expected a mode, found `{mode}`"),
    }
    ExitCode::SUCCESS
}
