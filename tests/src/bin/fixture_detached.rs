//! Programs with processes that go on when they have ended. The first argument names a start method, the second a scene.
#![allow(clippy::print_stdout, reason = "the test reads what this program prints")]

use std::env;
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use fixture_kit::{ended, fds, pass, sys};
use mp_runtime::{Builder, ExitKind, StartMethod, active_children, current, mp_main, parent, process};
use nix::sys::prctl::get_pdeathsig;
use nix::unistd::{getpid, getppid, getsid, setsid};

mod fixture_kit;

/// How the processes of this program are started.
fn method() -> StartMethod {
    fixture_kit::programs::method(1)
}

fn park() -> ! {
    loop {
        thread::park();
    }
}

/// Waits until the program has ended, and says that it is still there. Whatever signal the end of the program has brought
/// came before: a process loses its parent after that has closed its descriptors and done everything else.
fn outlive(program: i32) {
    assert!(parent().unwrap().wait_timeout(Duration::from_secs(15)));
    while getppid().as_raw() == program {
        pass(Duration::from_millis(1));
    }
    println!("{} goes on", current().name());
}

#[process(detached, start = fork)]
fn lingers(program: i32) {
    outlive(program);
}

#[process(detached, start = fork)]
fn looks_at_itself() -> (bool, bool, bool, Vec<String>) {
    let leads = getsid(None).unwrap() == getpid();
    // Whatever it starts itself hangs by it, and has none of its descriptors.
    let child = Builder::closure(|| fds().iter().any(|fd| fd.starts_with("socket"))).spawn().unwrap();
    assert!(!child.join().unwrap());
    (leads, get_pdeathsig().unwrap().is_none(), current().is_detached() && !current().is_daemon(), fds())
}

#[process(detached, start = fork)]
fn fails() -> Result<(), String> {
    Err("no".to_owned())
}

#[process(start = fork)]
fn returns() {}

#[process(start = fork)]
fn waits() {
    park();
}

fn pid() -> i32 {
    getpid().as_raw()
}

/// Starts one that goes on when `program` has ended, and ends before that.
#[process(start = fork)]
fn starts_one(program: i32) {
    lingers::process(program).start(method()).spawn().unwrap();
}

/// Leaves behind a process with a session of its own, whose parent is gone.
#[process(start = fork)]
fn leaves_one() {
    let middle = sys::fork(|| {
        setsid().unwrap();
        sys::fork(|| park());
    });
    nix::sys::wait::waitpid(middle, None).unwrap();
}

/// In the scope of a module, a program each.
macro_rules! programs {
    ($($name:ident { $($tokens:tt)* })*) => {
        fixture_kit::programs::program_modules! { $($name { $($tokens)* })* }
        fn program(name: &str) -> ExitCode {
            match name {
                $(stringify!($name) => $name::run(),)*
                other => panic!("no scene {other}"),
            }
        }
    };
}

programs! {
    program_returns {
        lingers(pid());
        fn main() {
            lingers::process(pid()).name("another").start(method()).spawn().unwrap();
        }
    }
    program_is_stopped {
        fn main() {
            waits::process().start(method()).spawn().unwrap();
            lingers::process(pid()).start(method()).spawn().unwrap();
            println!("ready");
            park();
        }
    }
    program_panics {
        fn main() {
            lingers::process(pid()).start(method()).spawn().unwrap();
            std::panic::resume_unwind(Box::new("no message"));
        }
    }
    nested {
        fn main() {
            starts_one::process(pid()).start(method()).spawn().unwrap().join().unwrap();
            // The orphan is the program's now; at the next start it would be reaped if it were dead.
            returns::process().start(method()).spawn().unwrap().join().unwrap();
        }
    }
    beside_a_stray {
        fn main() {
            lingers::process(pid()).start(method()).spawn().unwrap();
            leaves_one::process().start(method()).spawn().unwrap().join().unwrap();
        }
    }
}

fn joined() {
    let child = looks_at_itself::process().start(method()).spawn().unwrap();
    assert!(child.is_detached() && !child.is_daemon());
    let (leads, no_signal, says_so, open) = child.join().unwrap();
    assert!(leads && no_signal && says_so);
    // Beside the standard streams: its report, its parent, its mark, and what it keeps for the next start.
    assert!(open.iter().filter(|fd| fd.starts_with("socket")).count() == 1, "{open:?}");

    let child = fails::process().start(method()).spawn().unwrap();
    let error = child.join().unwrap_err();
    assert_eq!(*error.exit().unwrap().kind(), ExitKind::Failed("no".to_owned()));

    let child = waits::process().detached(true).start(method()).spawn().unwrap();
    assert!(active_children().iter().any(|active| active.id() == child.id()));
    assert_eq!(child.stop(Duration::from_secs(5)).unwrap().signal(), Some(libc::SIGTERM));
}

/// Of those that have ended at the end of the program, failures are told.
fn failed() {
    let child = fails::process().start(method()).spawn().unwrap();
    ended(child.id());
}

fn refused() {
    let error = waits::process().daemon(true).detached(true).spawn().unwrap_err();
    println!("{error}");
    mp_runtime::scope(|scope| println!("{}", scope.start(lingers::process(0)).unwrap_err()));
    assert!(active_children().is_empty());
}

fn main() -> ExitCode {
    match env::args().nth(2).unwrap_or_default().as_str() {
        "returns" => drop(lingers::process(pid()).start(method()).spawn().unwrap()),
        "at-once" => (0..8).for_each(|_| drop(lingers::process(pid()).start(method()).spawn().unwrap())),
        "killed" => {
            waits::process().start(method()).spawn().unwrap();
            lingers::process(pid()).start(method()).spawn().unwrap();
            println!("ready");
            park();
        }
        "joined" => joined(),
        "failed" => failed(),
        "refused" => refused(),
        name => return program(name),
    }
    ExitCode::SUCCESS
}
