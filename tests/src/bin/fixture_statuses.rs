//! Ends of processes, how they are waited for, and what else may meddle with SIGCHLD or wait; the first argument names a scene.
#![allow(clippy::print_stdout, reason = "the test reads what this program prints")]

use std::env;
use std::os::unix::process::CommandExt;
use std::process::{Command, exit};
use std::sync::atomic::Ordering;
use std::time::Duration;

use fixture_kit::sys::{self, Disposition, HANDLED};
use fixture_kit::{ended, pass};
use mp_runtime::{ExitKind, process};
use nix::sys::resource::{Usage, UsageWho, getrusage};
use nix::sys::time::TimeValLike;
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

#[process]
fn take(time: Duration) {
    pass(time);
}

/// What this process has used up so far.
fn used() -> Usage {
    getrusage(UsageWho::RUSAGE_SELF).unwrap()
}

fn cpu_time(used: &Usage) -> Duration {
    let time = used.user_time() + used.system_time();
    Duration::from_micros(time.num_microseconds().unsigned_abs())
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
        "long" => {
            let child = take::spawn(Duration::from_millis(300)).unwrap();
            let before = used();
            child.join().unwrap();
            let after = used();
            let taken = cpu_time(&after) - cpu_time(&before);
            // Awake for 0.4 ms, if not all of it on a core; then asleep.
            let was_awake = taken > Duration::from_micros(200);
            let gave_way = after.involuntary_context_switches() > before.involuntary_context_switches();
            assert!(was_awake || gave_way, "{taken:?}");
            assert!(taken < Duration::from_millis(30), "{taken:?}");
        }
        scene => panic!("expected a scene, found `{scene}`"),
    }
}
