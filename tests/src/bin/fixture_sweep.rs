//! Programs that are killed at each of their system calls; the first argument names one.
//!
//! They end with code 0 unless the one that was killed was one of their processes: then they say so in their way, but
//! never by a panic of their own.

use std::env;
use std::process::{ExitCode, exit};
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::SeqCst;
use std::thread;
use std::time::Duration;

use mp_runtime::{
    Child, JoinError, Pool, SharedSlice, Shutdown, StartMethod, TaskError, fork_server, mp_main, process,
};
use mp_tests::sweep::MARK;
use nix::unistd::{Pid, getsid, setsid};

use fixture_kit::sys;

mod fixture_kit;

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

/// Leaves a process behind that has a session of its own, no parent and no lifeline.
#[process]
fn leaves_a_daemon() {
    let middle = sys::fork(|| {
        setsid().unwrap();
        sys::fork(|| {
            sys::close_from(3);
            park();
        });
    });
    nix::sys::wait::waitpid(middle, None).unwrap();
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

/// How often each item of a pool was run, by its workers.
type Runs = SharedSlice<AtomicU32>;

const ITEMS: usize = 40;

/// What the pool gives for an item. One does not go through a ring in one piece, and some are sent before their batch is done.
fn value(n: usize) -> Vec<u8> {
    let length = match n {
        3 => 70_000,
        6..20 => 6_000,
        _ => n,
    };
    vec![n as u8; length]
}

/// A pool lives its life: states are made, items done alone and in batches, of a few bytes and of many; workers leave for want of
/// work and come back; states are dropped. Each item has its value, or its worker was killed at it, and none is run twice. As one
/// process is killed at the most, one item at the most is lost; and the pool goes on.
fn pool(method: StartMethod) {
    let runs = Runs::zeroed(ITEMS).unwrap();
    let work = |runs: &mut Runs, n: usize| {
        runs[n].fetch_add(1, SeqCst);
        value(n)
    };
    let init = |runs: &Runs| runs.try_clone().unwrap();
    let given = runs.try_clone().unwrap();
    let pool = Pool::builder().workers(2).idle_timeout(Duration::from_millis(5)).start_method(method);
    let pool = match pool.start_given(given, init, work) {
        Ok(pool) => pool,
        // The server may be the one that was killed, while it was asked.
        Err(error) if method != StartMethod::Fork && error.spawn_error().is_some() => return,
        Err(error) => panic!("{error}"),
    };
    let mut lost = 0;
    let mut judge = |n: usize, result: Result<Vec<u8>, TaskError>| match result {
        Ok(result) => assert!(runs[n].load(SeqCst) == 1 && result == value(n)),
        Err(error) => {
            let signal = error.exit().and_then(|exit| exit.signal());
            assert!(runs[n].load(SeqCst) <= 1 && signal == Some(libc::SIGKILL), "{error}");
            lost += 1;
        }
    };
    pool.imap(0..6).chunk(1).enumerate().for_each(|(n, result)| judge(n, result));
    pool.imap(6..20).chunk(5).zip(6..).for_each(|(result, n)| judge(n, result));
    while !pool.workers().is_empty() {
        std::hint::spin_loop();
    }
    let tasks: Vec<_> = (20..ITEMS).map(|n| (n, pool.submit(n))).collect();
    tasks.into_iter().for_each(|(n, task)| judge(n, task.join()));
    assert!(lost <= 1, "{lost} items were lost");
    pool.shutdown(Shutdown::Wait);
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

mod isolated {
    use super::*;

    mp_main! {
        #![isolate = pid_namespace]
        one: serve();
        leaver: leaves_a_daemon();

        fn main() {
            joined(leaver);
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
        "isolated" => return isolated::run(),
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
        "executed" => {
            let child = served::process(1).start(StartMethod::Exec).spawn().ok();
            assert!([None, Some(2)].contains(&child.and_then(joined)));
        }
        "parked" => {
            // It is taken if it is ready by then.
            let _ = fork_server().parked(1).start();
            let children = [1, 2].map(|n| served::spawn(n).ok());
            for (child, n) in children.into_iter().zip(1..) {
                assert!([None, Some(n * 2)].contains(&child.and_then(joined)));
            }
        }
        "pool" => pool(StartMethod::Fork),
        "pool-served" => pool(StartMethod::ForkServer),
        "at-exit" => {
            let _daemon = serve::spawn().unwrap();
            let _child = double::spawn(1).unwrap();
        }
        scene => panic!("expected a scene, found `{scene}`"),
    }
    ExitCode::SUCCESS
}
