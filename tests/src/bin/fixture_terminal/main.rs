//! Programs at a terminal, with a shell that has started them and a user who types. The arguments name a scene and a start
//! method. What the user waits for has to come on the terminal; a scene that goes well is silent, and its code 0.
#![allow(clippy::print_stdout, reason = "the user reads what the program prints on the terminal")]

use std::env;
use std::io::Write;
use std::process::ExitCode;
use std::thread;

use fixture_kit::{Gate, sys};
use mp_runtime::{Builder, Child, StartMethod, mp_main, process};
use nix::sys::signal::Signal;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{getpgrp, setsid, tcgetpgrp};
use session::{Then, User, at_terminal, shell};

#[path = "../fixture_kit/mod.rs"]
mod fixture_kit;
mod session;
mod surprises;

fn method() -> StartMethod {
    fixture_kit::programs::method(2)
}

fn park() -> ! {
    loop {
        thread::park();
    }
}

/// A line from the terminal.
fn line() -> String {
    std::io::stdin().lines().next().expect("a line").expect("a terminal")
}

#[process(terminal, start = fork)]
fn asks() -> String {
    assert_eq!(tcgetpgrp(std::io::stdin()), Ok(getpgrp()));
    println!("ready");
    line()
}

#[process(terminal, start = fork)]
fn waits() {
    println!("ready");
    park();
}

#[process(start = fork)]
fn waits_behind() {
    park();
}

fn waits_and_says_so(gate: &Gate) {
    gate.open(1);
    park();
}

fn start_asking() -> Child<String> {
    asks::process().start(method()).spawn().unwrap()
}

fn start_waiting() -> Child<()> {
    waits::process().start(method()).spawn().unwrap()
}

fn program_reads() {
    println!("program got {}", line());
}

/// Starts a process that owns the terminal, and waits until it does.
fn start_owner() -> Child<()> {
    let gate = Gate::new();
    let child = Builder::closure(|| waits_and_says_so(&gate)).terminal(true).spawn().unwrap();
    gate.wait();
    child
}

fn one_after_the_other() {
    println!("child got {}", start_asking().join().unwrap());
    program_reads();
}

/// A scene: what the program does, and what the user.
type Scene = (fn(), fn(&mut User));

fn scene(name: &str) -> Scene {
    match name {
        "reads" => (one_after_the_other, |user| {
            user.is_answered("one", "child");
            user.is_answered("two", "program");
        }),
        "program-reads-meanwhile" => (
            || {
                let child = start_asking();
                program_reads();
                println!("child got {}", child.join().unwrap());
            },
            |user| {
                user.awaits("ready");
                user.types("one\n");
                user.is_answered("two", "program");
                user.awaits("child got one");
            },
        ),
        "interrupted" => (
            || {
                let error = start_waiting().join().unwrap_err();
                println!("child ended by {:?}", error.exit().unwrap().signal());
                program_reads();
            },
            |user| {
                user.awaits("ready");
                user.types("\x03");
                user.awaits("child ended by Some(2)");
                user.is_answered("two", "program");
            },
        ),
        "killed" => (
            || {
                let child = start_owner();
                child.kill().unwrap();
                // Without a join before.
                program_reads();
                drop(child.join());
                program_reads();
            },
            |user| {
                user.is_answered("two", "program");
                user.is_answered("three", "program");
            },
        ),
        "stopped" => (one_after_the_other, |user| {
            user.awaits("ready");
            user.types("\x1a");
            user.awaits("[stopped]");
            user.is_answered("one", "child");
            user.is_answered("two", "program");
        }),
        "second" => (
            || {
                let first = start_waiting();
                println!("{}", asks::process().start(method()).spawn().unwrap_err());
                first.kill().unwrap();
                assert!(first.join().is_err());
                println!("child got {}", start_asking().join().unwrap());
            },
            |user| {
                user.awaits("process `asks` could not be started: it cannot own the terminal: another process owns it");
                user.is_answered("one", "child");
            },
        ),
        "background" => (
            || {
                println!("{}", asks::process().start(method()).spawn().unwrap_err());
            },
            |user| user.awaits("it cannot own the terminal: this program is not in its foreground"),
        ),
        other => surprises::scene(other).unwrap_or_else(|| panic!("no scene {other}")),
    }
}

fn says_it_is_here() {
    println!("ready");
    // Nobody reads any more: not to be noticed by that.
    loop {
        let _ = writeln!(std::io::stdout(), "still here");
    }
}

fixture_kit::programs::program_modules! {
    hangs_up {
        waits_behind();
        fn main() {
            says_it_is_here();
        }
    }
    hangs_up_isolated {
        #![isolate = pid_namespace]
        waits_behind();
        fn main() {
            says_it_is_here();
        }
    }
}

/// Whether the program is to be isolated.
fn is_isolated() -> bool {
    env::args().nth(3).as_deref() == Some("isolated")
}

fn main() {
    let name = env::args().nth(1).expect("a scene");
    match name.as_str() {
        "hang-up" => {
            let run = if is_isolated() { hangs_up_isolated::run } else { hangs_up::run };
            let inside = || {
                run();
            };
            let ended = at_terminal(inside, |mut user| user.awaits("ready"));
            assert!(matches!(ended, WaitStatus::Signaled(_, Signal::SIGHUP, _)), "{ended:?}");
        }
        "no-terminal" => {
            let inside = || {
                setsid().unwrap();
                let error = asks::process().start(method()).spawn().unwrap_err();
                assert_eq!(error.raw_os_error(), Some(libc::ENXIO), "{error}");
                assert_eq!(error.stage(), Some(mp_runtime::Stage::Terminal));
            };
            assert!(matches!(waitpid(sys::fork(inside), None), Ok(WaitStatus::Exited(_, 0))));
        }
        name => {
            let (program, user) = scene(name);
            // Kept until the session has ended: its last process would get a hang-up otherwise.
            let mut kept = None;
            let ended = at_terminal(
                || {
                    let isolated_or_not = || {
                        if is_isolated() {
                            mp_runtime::isolate().unwrap();
                        }
                        program();
                    };
                    let then = if name.ends_with("sent-to-the-background") { Then::Bg } else { Then::Fg };
                    shell(isolated_or_not, name != "background", then);
                },
                |mut other| {
                    user(&mut other);
                    kept = Some(other);
                },
            );
            assert!(matches!(ended, WaitStatus::Exited(_, 0)), "{ended:?}");
            drop(kept);
        }
    }
}
