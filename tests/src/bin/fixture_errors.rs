//! A start of which one system call fails, by a tracer's doing; `first` or `later` says which start of the program.
//!
//! Whatever fails, the start works, or says what failed and leaves everything as it was; and the next one works.

use std::env;
use std::fs;

use fixture_kit::{children, fds, status};
use mp_runtime::{ExitKind, active_children, process};
use mp_tests::sweep::MARK;
use nix::unistd::{Pid, getsid};

mod fixture_kit;

fn mark() {
    let _ = getsid(Some(Pid::from_raw(MARK)));
}

#[process]
fn double(n: u32) -> u32 {
    mark();
    n * 2
}

/// What a start must leave as it was: descriptors that are not kept for the next, children, the mask, shared memory.
#[derive(Debug, PartialEq)]
struct State {
    fds: Vec<String>,
    children: Vec<(u32, char)>,
    active: usize,
    blocked: String,
    ignored: String,
}

/// What a process keeps for its next start: report memory, a name of its own, a reserve, a lifeline.
const KEPT: [&str; 3] = ["mp-report", "pidfd", "pipe:"];

fn state() -> State {
    let fds = fds().into_iter().filter(|fd| !KEPT.iter().any(|kind| fd.contains(kind))).collect();
    let (blocked, ignored) = (status("SigBlk"), status("SigIgn"));
    State { fds, children: children(), active: active_children().len(), blocked, ignored }
}

/// How many mappings are shared with other processes.
fn shared() -> usize {
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    maps.lines().filter(|line| line.split(' ').nth(1).is_some_and(|rights| rights.ends_with('s'))).count()
}

fn main() {
    match env::args().nth(1).unwrap_or_default().as_str() {
        "first" => {}
        "later" => assert_eq!(double::spawn(1).unwrap().join().unwrap(), 2),
        scene => panic!("expected a scene, found `{scene}`"),
    }
    let (before, open, maps) = (state(), fds().len(), shared());
    mark();
    let started = double::spawn(21);
    mark();
    match started {
        Ok(child) => match child.join() {
            Ok(value) => assert_eq!(value, 42),
            Err(error) => {
                let exit = error.exit().unwrap();
                assert!(matches!(exit.kind(), ExitKind::NotStarted { .. }), "{exit}");
                assert!(!exit.began());
            }
        },
        Err(error) => {
            assert!(error.stage().is_some() && error.raw_os_error().is_some(), "{error}");
            assert_eq!(error.name(), "double");
        }
    }
    assert_eq!(state(), before);
    assert!(fds().len() <= open + 5, "{:?}", fds());
    assert!(shared() <= maps + 1, "{} mappings", shared());
    assert_eq!(double::spawn(4).unwrap().join().unwrap(), 8);
    assert_eq!(state(), before);
}
