//! Scenes that nobody has asked for: what a shell, the kernel or the process does meanwhile.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use mp_runtime::Builder;
use nix::sys::signal::{SigSet, Signal, kill};
use nix::unistd::{Pid, tcsetpgrp};

use crate::fixture_kit::{self, Gate, pid, stat, sys, until};
use crate::{Scene, one_after_the_other, park, program_reads, start_owner, waits_behind};

/// A command in the group of the program, that ends when its stdin does.
fn command() -> std::process::Child {
    Command::new("cat").stdin(Stdio::piped()).spawn().unwrap()
}

/// The scene of this name.
pub(crate) fn scene(name: &str) -> Option<Scene> {
    Some(match name {
        "stopped-and-sent-to-the-background" => (one_after_the_other, |user| {
            user.awaits("ready");
            user.types("\x1a");
            // The shell continues it in the background, where the child asks again, and cannot have the terminal.
            user.awaits("[stopped]");
            user.awaits("[stopped for the terminal]");
            user.is_answered("one", "child");
            user.is_answered("two", "program");
        }),
        "command-beside" => (
            || {
                let child = start_owner();
                let gate = Gate::new();
                // In the group of the program, all of which the kernel stops when the program reads.
                let mut other = command();
                let (id, owner) = (other.id(), child.id());
                let watch = || {
                    gate.open(1);
                    until(|| stat(id).is_some_and(|(state, _)| state == 'T'));
                    kill(pid(owner), Signal::SIGKILL).unwrap();
                };
                let watcher = Builder::closure(watch).spawn().unwrap();
                gate.wait();
                program_reads();
                watcher.join().unwrap();
                assert!(child.join().is_err());
                drop(other.stdin.take());
                assert!(other.wait().unwrap().success());
                println!("the command has ended");
            },
            |user| {
                user.is_answered("one", "program");
                user.awaits("the command has ended");
            },
        ),
        "command-stopped-late" => (
            || {
                let child = start_owner();
                let mut other = command();
                let (late, ended) = (SigSet::from(Signal::SIGTTIN), SigSet::from(Signal::SIGCHLD));
                late.thread_block().unwrap();
                ended.thread_block().unwrap();
                // What a read does; the program comes to it when its turn has come: after the end of the owner.
                kill(Pid::from_raw(0), Signal::SIGTTIN).unwrap();
                until(|| stat(other.id()).is_some_and(|(state, _)| state == 'T'));
                kill(pid(child.id()), Signal::SIGKILL).unwrap();
                fixture_kit::ended(child.id());
                ended.thread_unblock().unwrap();
                late.thread_unblock().unwrap();
                assert!(child.join().is_err());
                drop(other.stdin.take());
                assert!(other.wait().unwrap().success());
                println!("the command has ended");
            },
            |user| user.awaits("the command has ended"),
        ),
        "no-descriptors" => (
            || {
                let child = start_owner();
                let before = sys::limit_fds(fixture_kit::limit_for(0));
                child.kill().unwrap();
                // Without a join before.
                program_reads();
                drop(child.join());
                sys::limit_fds(before);
                program_reads();
            },
            |user| {
                user.is_answered("two", "program");
                user.is_answered("three", "program");
            },
        ),
        "gives-it-away" => (
            || {
                // As a shell does with its jobs. To one that is there it is done before anybody looks.
                let other = waits_behind::spawn().unwrap();
                let id = fixture_kit::pid(other.id());
                let gives_and_stays = || {
                    if tcsetpgrp(std::io::stdin(), id).is_ok() {
                        park();
                    }
                };
                let begin = Instant::now();
                let child = Builder::closure(gives_and_stays).terminal(true).spawn().unwrap();
                assert!(begin.elapsed() < Duration::from_secs(5), "{:?}", begin.elapsed());
                child.kill().unwrap();
                assert!(child.join().is_err());
                other.kill().unwrap();
                assert!(other.join().is_err());
                println!("both have ended");
            },
            |user| user.awaits("both have ended"),
        ),
        _ => return None,
    })
}
