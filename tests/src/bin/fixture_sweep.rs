//! Programs that are killed at each of their system calls; the first argument names one.
//!
//! They end with code 0 unless the one that was killed was one of their processes: then they say so in their way, but
//! never by a panic of their own.

use std::env;
use std::process::{ExitCode, exit};
use std::thread;
use std::time::Duration;

use mp_runtime::{Child, JoinError, mp_main, process};
use mp_tests::sweep::MARK;
use nix::unistd::{Pid, getsid};

/// What comes before is the loading of a program: it has no processes yet.
fn mark() {
    let _ = getsid(Some(Pid::from_raw(MARK)));
}

#[process]
fn double(n: u32) -> u32 {
    n * 2
}

#[process(start = forkserver)]
fn served(n: u32) -> u32 {
    n * 2
}

#[process]
fn long(length: usize) -> Vec<u8> {
    vec![7; length]
}

#[process(daemon)]
fn serve() {
    park();
}

#[process]
fn wait() {
    park();
}

#[process]
fn panics() {
    std::panic::set_hook(Box::new(|_| ()));
    panic!("out of luck");
}

#[process]
fn exits() {
    exit(3);
}

#[process]
fn parent_of(count: u32) -> u32 {
    let children: Vec<_> = (0..count).map(|n| double::spawn(n).unwrap()).collect();
    let _daemon = serve::spawn().unwrap();
    children.into_iter().filter_map(|child| child.join().ok()).sum()
}

fn park() -> ! {
    loop {
        thread::park();
    }
}

/// The value, unless somebody has killed the process.
#[track_caller]
fn joined<T>(child: Child<T>) -> Option<T> {
    match child.join() {
        Ok(value) => Some(value),
        Err(error) => {
            assert!(was_killed(&error), "{error}");
            None
        }
    }
}

fn was_killed(error: &JoinError) -> bool {
    error.exit().and_then(|exit| exit.signal()) == Some(libc::SIGKILL)
}

mod daemons {
    use super::*;

    mp_main! {
        one: serve();
        two: serve();
        worker: double(3);
    }

    pub(super) fn run() -> ExitCode {
        main()
    }
}

mod replicas {
    use super::*;

    mp_main! {
        worker[3]: double(4);

        fn main() {
            worker.into_iter().for_each(|worker| assert!([None, Some(8)].contains(&joined(worker))));
        }
    }

    pub(super) fn run() -> ExitCode {
        main()
    }
}

fn main() -> ExitCode {
    mark();
    match env::args().nth(1).unwrap_or_default().as_str() {
        "join" => {
            let children = [1, 2, 3].map(|n| double::spawn(n).unwrap());
            for (child, n) in children.into_iter().zip(1..) {
                assert!([None, Some(n * 2)].contains(&joined(child)));
            }
        }
        "values" => {
            for length in [100, 10_000] {
                let child = long::spawn(length).unwrap();
                assert!([None, Some(length)].contains(&joined(child).map(|value| value.len())));
            }
        }
        "daemons" => return daemons::run(),
        "replicas" => return replicas::run(),
        "stop" => {
            let children = [(); 2].map(|()| wait::spawn().unwrap());
            for child in &children {
                let signal = child.stop(Duration::from_secs(5)).unwrap().signal();
                assert!([Some(libc::SIGTERM), Some(libc::SIGKILL)].contains(&signal), "{signal:?}");
            }
        }
        "failing" => {
            let (panics, exits) = (panics::spawn().unwrap(), exits::spawn().unwrap());
            let error = panics.join().unwrap_err();
            assert!(was_killed(&error) || error.exit().is_some_and(|exit| exit.panic().is_some()), "{error}");
            let error = exits.join().unwrap_err();
            assert!(was_killed(&error) || error.exit().and_then(|exit| exit.code()) == Some(3), "{error}");
        }
        "nested" => {
            let sum = joined(parent_of::spawn(2).unwrap());
            assert!(sum.is_none_or(|sum| sum <= 2));
        }
        "served" => {
            // The server may be the one that was killed, while it was asked.
            let children = [1, 2].map(|n| served::spawn(n).ok());
            for (child, n) in children.into_iter().zip(1..) {
                assert!([None, Some(n * 2)].contains(&child.and_then(joined)));
            }
        }
        "at-exit" => {
            let _daemon = serve::spawn().unwrap();
            let _child = double::spawn(1).unwrap();
        }
        scene => panic!("expected a scene, found `{scene}`"),
    }
    ExitCode::SUCCESS
}
