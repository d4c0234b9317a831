//! Ends of processes where something else meddles with SIGCHLD or waits; the first argument names a scene.
#![allow(clippy::print_stdout, reason = "the test reads what this program prints")]

use std::env;
use std::os::unix::process::CommandExt;
use std::process::{Command, exit};
use std::sync::atomic::Ordering;

use fixture_kit::ended;
use fixture_kit::sys::{self, Disposition, HANDLED};
use mp_runtime::{ExitKind, process};
use nix::sys::wait::{WaitPidFlag, waitpid};
use nix::unistd::Pid;

mod fixture_kit;

#[process]
fn give(value: Vec<u8>) -> Vec<u8> {
    value
}

#[process]
fn leave(code: i32) {
    exit(code);
}

#[process]
fn raise(signal: i32) {
    mp_tests::raise(signal).unwrap();
}

/// Asserts that three ends are told in full, after `meddle` with each that has come.
fn assert_told(mut meddle: impl FnMut(u32)) {
    for value in [vec![], vec![1], vec![2; 100_000]] {
        let child = give::spawn(value.clone()).unwrap();
        meddle(child.id());
        assert_eq!(child.join().unwrap(), value);
    }
    let child = leave::spawn(7).unwrap();
    meddle(child.id());
    assert_eq!(child.join().unwrap_err().exit().unwrap().kind(), &ExitKind::Exited(7));
    for signal in [libc::SIGKILL, libc::SIGRTMAX()] {
        let child = raise::spawn(signal).unwrap();
        meddle(child.id());
        assert_eq!(child.join().unwrap_err().exit().unwrap().signal(), Some(signal));
    }
}

fn main() {
    match env::args().nth(1).unwrap_or_default().as_str() {
        "exec-ignored" => {
            sys::ignore(libc::SIGCHLD);
            panic!("{}", Command::new(env::current_exe().unwrap()).arg("ignored").exec());
        }
        "ignored" => {
            assert_eq!(sys::disposition(libc::SIGCHLD), Disposition::Ignored);
            assert_told(ended);
        }
        "ignored-later" => {
            assert_told(ended);
            sys::ignore(libc::SIGCHLD);
            assert_told(ended);
        }
        "discarded" => {
            sys::discard_statuses();
            assert_told(ended);
            // Six ends; signals that come while one is handled may be one.
            assert!((1..=6).contains(&HANDLED.load(Ordering::SeqCst)));
        }
        "stolen" => assert_told(|id| {
            let stolen = waitpid(Pid::from_raw(-1), Some(WaitPidFlag::__WALL));
            // nix cannot name an end by a real-time signal; it is taken all the same.
            assert!(stolen.is_err() || stolen.unwrap().pid() == Some(Pid::from_raw(id as i32)));
        }),
        "handled" => {
            sys::handle(libc::SIGCHLD);
            assert_told(ended);
            assert_eq!(sys::disposition(libc::SIGCHLD), Disposition::Handled);
            assert!(HANDLED.load(Ordering::SeqCst) > 0);
        }
        scene => panic!("expected a scene, found `{scene}`"),
    }
}
