//! A start of which one system call fails, by a tracer's doing; `first` or `later` says which start of the program, the second word by
//! which method.
//!
//! Whatever fails, the start works, or says what failed and leaves everything as it was; and the next one works.

use std::env;
use std::fs;
use std::path::PathBuf;

use fixture_kit::{children, fds, programs, status};
use mp_runtime::{ExitKind, Stage, StartMethod, active_children, process};
use mp_tests::sweep::MARK;
use nix::unistd::{Pid, getsid};

mod fixture_kit;

fn mark() {
    let _ = getsid(Some(Pid::from_raw(MARK)));
}

#[process(start = forkserver)]
fn double(n: u32, directory: PathBuf) -> u32 {
    mark();
    assert_eq!(env::current_dir().unwrap(), directory);
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

/// What a process keeps for its next start: report memory, a name of its own, a reserve, a lifeline, a fork server.
const KEPT: [&str; 4] = ["mp-report", "pidfd", "pipe:", "socket:"];

fn state(method: StartMethod, at_rest: bool) -> State {
    let fds = fds().into_iter().filter(|fd| !KEPT.iter().any(|kind| fd.contains(kind))).collect();
    let mut children = children();
    if method == StartMethod::ForkServer {
        children.pop_if(|(_, state)| *state != 'Z' || !at_rest); // the server: one that has ended is reaped by the next start
    }
    let (blocked, ignored) = (status("SigBlk"), status("SigIgn"));
    State { fds, children, active: active_children().len(), blocked, ignored }
}

/// How many mappings are shared with other processes.
fn shared() -> usize {
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    maps.lines().filter(|line| line.split(' ').nth(1).is_some_and(|rights| rights.ends_with('s'))).count()
}

fn main() {
    let method = programs::method(2);
    let start = |n| double::process(n, env::current_dir().unwrap()).start(method).spawn();
    match env::args().nth(1).unwrap_or_default().as_str() {
        "first" => {}
        "later" => assert_eq!(start(1).unwrap().join().unwrap(), 2),
        scene => panic!("expected a scene, found `{scene}`"),
    }
    let (before, open, maps) = (state(method, true), fds().len(), shared());
    mark();
    match start(21) {
        Ok(child) => match child.join() {
            Ok(value) => assert_eq!(value, 42),
            Err(error) => {
                let exit = error.exit().unwrap();
                // The loader and the C library of an image end it in ways of their own.
                assert!(method == StartMethod::Exec || matches!(exit.kind(), ExitKind::NotStarted { .. }), "{exit}");
                assert!(!exit.began());
            }
        },
        Err(error) => {
            assert!(error.stage().is_some() && error.raw_os_error().is_some(), "{error}");
            assert_eq!(error.name(), "double");
            // After the fork it would be too late, for the function may have begun: there is one in reserve. Not for the server itself.
            let lacks = [libc::EMFILE, libc::ENFILE, libc::ENOMEM].map(Some).contains(&error.raw_os_error());
            let is_of_server = method == StartMethod::ForkServer && env::args().nth(1).as_deref() == Some("first");
            assert!(is_of_server || !(lacks && error.stage() == Some(Stage::ProcessDescriptor)), "{error}");
        }
    }
    mark();
    assert_eq!(state(method, false), before);
    // A page and a file beside each other, and what the server is held by.
    let (more_fds, more_maps) = match method {
        StartMethod::ForkServer => (9, 2),
        StartMethod::Exec => (6, 1),
        _ => (5, 1),
    };
    assert!(fds().len() <= open + more_fds, "{:?}", fds());
    assert!(shared() <= maps + more_maps, "{} mappings", shared());
    assert_eq!(start(4).unwrap().join().unwrap(), 8);
    assert_eq!(state(method, true), before);
}
