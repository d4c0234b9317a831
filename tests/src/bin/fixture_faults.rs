//! Faults of the catalogue that no other fixture has; the first argument names a scene. Code 0 if all is as it should be.
#![allow(clippy::print_stdout, reason = "the test reads what this program prints")]

use std::env;
use std::hint::black_box;
use std::thread;
use std::time::Duration;

use fixture_kit::{Gate, pid, stat, sys, until};
use mp_runtime::{current, parent, process};
use nix::errno::Errno;
use nix::sys::ptrace;
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::signal::{Signal, kill};
use nix::sys::time::TimeValLike;
use nix::sys::wait::waitpid;
use nix::unistd::{Pid, setsid};

mod fixture_kit;

const MOMENT: Duration = Duration::from_millis(50);

#[process]
fn give(value: u32) -> u32 {
    value
}

/// Ends while its parent is stopped.
#[process]
fn give_to_a_stopped_parent(value: u32) -> u32 {
    let parent = parent().unwrap().id();
    until(|| stat(parent).is_some_and(|(state, _)| ['T', 't'].contains(&state))); // 't': its tracer holds it
    println!("ending");
    value
}

#[process]
fn park() {
    loop {
        thread::park();
    }
}

#[process]
fn signals_its_group() {
    assert_eq!(setsid(), Err(Errno::EPERM), "it leads a group");
    kill(Pid::from_raw(0), Signal::SIGTERM).unwrap();
    park();
}

#[process]
fn ends_its_first_thread() {
    thread::spawn(park);
    sys::end_thread();
}

#[process]
fn allocates_too_much() -> usize {
    // Optimised, the allocation would be left out.
    black_box(Vec::<u8>::with_capacity(1 << 46)).capacity()
}

/// The processor time of this process, in milliseconds.
fn used() -> i64 {
    let usage = getrusage(UsageWho::RUSAGE_SELF).unwrap();
    (usage.user_time() + usage.system_time()).num_milliseconds()
}

fn main() {
    let gate = Gate::new();
    match env::args().nth(1).unwrap_or_default().as_str() {
        "stopped-program" => {
            let children = [1, 2, 3].map(|value| give_to_a_stopped_parent::spawn(value).unwrap());
            println!("ready");
            for (child, value) in children.into_iter().zip(1..) {
                assert_eq!(child.join().unwrap(), value);
            }
        }
        "storm" => {
            sys::handle(libc::SIGUSR1);
            let program = pid(current().id());
            let storm = sys::fork(|| {
                for _ in 0..3000 {
                    for signal in [Signal::SIGUSR1, Signal::SIGCHLD, Signal::SIGWINCH, Signal::SIGCONT] {
                        kill(program, signal).unwrap();
                    }
                }
            });
            for value in 0..300 {
                assert_eq!(give::spawn(value).unwrap().join().unwrap(), value);
            }
            waitpid(storm, None).unwrap();
        }
        "traced" => {
            let child = park::spawn().unwrap();
            let traced = pid(child.id());
            let done = Gate::new();
            let tracer = sys::fork(|| {
                ptrace::seize(traced, ptrace::Options::empty()).unwrap();
                gate.open(1);
                done.wait();
            });
            gate.wait();
            child.kill().unwrap();
            until(|| stat(child.id()).is_some_and(|(state, _)| state == 'Z'));
            // It is dead, but its status is the tracer's until that lets go.
            let before = used();
            assert!(child.join_timeout(4 * MOMENT).is_none() && child.is_alive());
            assert!(used() - before < 150, "it spins");
            done.open(1);
            waitpid(tracer, None).unwrap();
            assert_eq!(child.join().unwrap_err().exit().unwrap().signal(), Some(libc::SIGKILL));
        }
        "group" => {
            let error = signals_its_group::spawn().unwrap().join().unwrap_err();
            assert_eq!(error.exit().unwrap().signal(), Some(libc::SIGTERM));
        }
        "leader" => {
            let child = ends_its_first_thread::spawn().unwrap();
            until(|| stat(child.id()).is_some_and(|(state, _)| state == 'Z'));
            assert!(child.is_alive() && child.join_timeout(MOMENT).is_none());
            child.kill().unwrap();
            assert_eq!(child.join().unwrap_err().exit().unwrap().signal(), Some(libc::SIGKILL));
        }
        "allocation" => {
            let error = allocates_too_much::spawn().unwrap().join().unwrap_err();
            assert_eq!(error.exit().unwrap().signal(), Some(libc::SIGABRT));
        }
        "closed" => assert_eq!(give::spawn(7).unwrap().join().unwrap(), 7),
        scene => panic!("expected a scene, found `{scene}`"),
    }
}
