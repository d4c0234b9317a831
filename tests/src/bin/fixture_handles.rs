//! What handles of processes do; the first argument names a scene. Silent and code 0 if all is as it should be.
#![allow(clippy::print_stdout, reason = "the test reads what this program prints")]

use std::env;
use std::os::fd::{AsFd, AsRawFd};
use std::process::exit;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use fixture_kit::{Gate, asleep, children, ended, fds, pid, stat, sys};
use mp_runtime::{Child, ExitKind, active_children, current, process};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid, waitpid};

mod fixture_kit;

const MOMENT: Duration = Duration::from_millis(50);

#[process]
fn give(value: u32) -> u32 {
    value
}

/// Gives `value` once the gate is open.
#[process]
fn give_later(gate: &Gate, value: u32) -> u32 {
    gate.wait();
    value
}

#[process(unsafe(threads))]
fn give_beside_threads(gate: &Gate, value: u32) -> u32 {
    gate.wait();
    value
}

#[process]
fn leave(code: i32) {
    exit(code);
}

#[process]
fn park() {
    loop {
        thread::park();
    }
}

#[process]
fn ignore_terminate(ready: &Gate) {
    sys::ignore(libc::SIGTERM);
    ready.open(1);
    park();
}

static HANDLE: Mutex<Option<Child<u32>>> = Mutex::new(None);

/// Does with the handle of a sibling all that can be done.
#[process]
fn misuse(moved: Option<Child<u32>>) -> Vec<String> {
    let caught = HANDLE.lock().unwrap();
    let child = moved.as_ref().or(caught.as_ref()).unwrap();
    assert!(!child.is_alive() && child.exit().is_none() && child.name() == "give_later" && child.id() != 0);
    assert!(active_children().is_empty());
    let mut errors = vec![
        child.kill().unwrap_err(),
        child.terminate().unwrap_err(),
        child.interrupt().unwrap_err(),
        child.stop(Duration::ZERO).map(drop).unwrap_err(),
    ];
    let mut said: Vec<_> = errors.drain(..).map(|error| error.to_string()).collect();
    said.push(child.try_join().unwrap().unwrap_err().to_string());
    said.push(child.join_timeout(Duration::MAX).unwrap().unwrap_err().to_string());
    drop(caught);
    let error = moved.or_else(|| HANDLE.lock().unwrap().take()).unwrap().join().unwrap_err();
    assert!(error.exit().is_none());
    said.push(error.to_string());
    let id = said[0].split(|c: char| !c.is_ascii_digit()).find(|number| !number.is_empty()).unwrap().to_owned();
    said.iter().map(|text| text.replace(&id, "N")).collect()
}

/// Forks by itself, which runs exit handlers in the new process.
#[process]
fn fork_inside() -> u32 {
    let own = give::spawn(1).unwrap();
    let foreign = sys::fork(|| ());
    waitpid(foreign, None).unwrap();
    own.join().unwrap() + 1
}

const NOT_HERE: &str = "process `give_later` (pid N) was started by another process";

fn assert_foreign(said: &[String]) {
    let join = format!("{NOT_HERE}; only that one can join it");
    assert_eq!(said, [NOT_HERE, NOT_HERE, NOT_HERE, NOT_HERE, &join, &join, &join]);
}

fn main() {
    let gate = Gate::new();
    match env::args().nth(1).unwrap_or_default().as_str() {
        "joined-late" => {
            let child = give::spawn(5).unwrap();
            ended(child.id());
            assert_eq!(child.join().unwrap(), 5);
        }
        "tried" => {
            let child = give_later::spawn(&gate, 5).unwrap();
            (0..3).for_each(|_| assert!(child.try_join().is_none()));
            assert!(child.is_alive() && child.exit().is_none());
            gate.open(1);
            ended(child.id());
            (0..3).for_each(|_| assert_eq!(child.try_join().unwrap().unwrap(), 5));
            assert!(!child.is_alive() && child.exit().unwrap().is_success());
            let child = leave::spawn(7).unwrap();
            ended(child.id());
            let texts = [(); 3].map(|()| child.try_join().unwrap().unwrap_err().to_string());
            assert!(texts[0].contains("exited with code 7") && texts.iter().all(|text| *text == texts[0]));
        }
        "timeout" => {
            let child = give_later::spawn(&gate, 5).unwrap();
            let start = Instant::now();
            assert!(child.join_timeout(MOMENT).is_none());
            assert!((MOMENT..20 * MOMENT).contains(&start.elapsed()));
            assert!(child.join_timeout(Duration::ZERO).is_none());
            gate.open(1);
            assert_eq!(child.join_timeout(Duration::MAX).unwrap().unwrap(), 5);
            assert_eq!(child.join_timeout(Duration::MAX).unwrap().unwrap(), 5);
        }
        "dropped" => {
            for reap in [|| assert!(active_children().is_empty()), || drop(leave::spawn(0).unwrap().join())] {
                let child = give_later::spawn(&gate, 5).unwrap();
                let id = child.id();
                drop(child);
                assert_eq!(active_children().len(), 1);
                gate.open(1);
                ended(id);
                assert_eq!(children(), [(id, 'Z')]);
                reap();
                assert_eq!(children(), []);
            }
        }
        "asked-and-dropped" => {
            let child = leave::spawn(7).unwrap();
            ended(child.id());
            assert_eq!(child.exit().unwrap().kind(), &ExitKind::Exited(7));
            drop(child);
            assert_eq!(children(), []);
        }
        "signalled-late" => {
            let child = give::spawn(5).unwrap();
            ended(child.id());
            // A zombie, then one that is reaped.
            for _ in 0..2 {
                child.kill().unwrap();
                child.terminate().unwrap();
                child.interrupt().unwrap();
                assert!(child.stop(Duration::ZERO).unwrap().is_success());
            }
            assert_eq!(child.join().unwrap(), 5);
        }
        "stopped" => {
            let child = park::spawn().unwrap();
            kill(pid(child.id()), Signal::SIGSTOP).unwrap();
            waitid(Id::Pid(pid(child.id())), WaitPidFlag::WSTOPPED | WaitPidFlag::WNOWAIT).unwrap();
            assert!(child.is_alive() && child.join_timeout(MOMENT).is_none());
            // Hangs, or ends by SIGKILL, if it is not continued.
            assert_eq!(child.stop(Duration::from_secs(3600)).unwrap().signal(), Some(libc::SIGTERM));
        }
        "stubborn" => {
            let child = ignore_terminate::spawn(&gate).unwrap();
            gate.wait();
            let start = Instant::now();
            assert_eq!(child.stop(MOMENT).unwrap().signal(), Some(libc::SIGKILL));
            assert!((MOMENT..20 * MOMENT).contains(&start.elapsed()));
        }
        "signals" => {
            // Whoever runs this in the background may have us ignore it; a handler is a default action in a child.
            sys::handle(libc::SIGINT);
            let send = [Child::interrupt, Child::terminate, Child::kill];
            for (send, signal) in send.into_iter().zip([libc::SIGINT, libc::SIGTERM, libc::SIGKILL]) {
                let child = park::spawn().unwrap();
                send(&child).unwrap();
                assert_eq!(child.join().unwrap_err().exit().unwrap().signal(), Some(signal));
            }
        }
        "foreign" => {
            let sibling = give_later::spawn(&gate, 5).unwrap();
            let id = sibling.id();
            assert_foreign(&misuse::spawn(Some(sibling)).unwrap().join().unwrap());
            assert_eq!(stat(id).unwrap().1, current().id());
            *HANDLE.lock().unwrap() = Some(give_later::spawn(&gate, 6).unwrap());
            assert_foreign(&misuse::spawn(None).unwrap().join().unwrap());
            let sibling = HANDLE.lock().unwrap().take().unwrap();
            assert!(sibling.is_alive());
            gate.open(2);
            assert_eq!(sibling.join().unwrap(), 6);
        }
        "fork-outside" => {
            let child = give_later::spawn(&gate, 5).unwrap();
            let daemon = park::process().daemon(true).spawn().unwrap();
            let foreign = sys::fork(|| assert!(child.try_join().unwrap().is_err()));
            waitpid(foreign, None).unwrap();
            assert!(child.is_alive() && daemon.is_alive());
            gate.open(1);
            assert_eq!(child.join().unwrap(), 5);
        }
        "fork-inside" => assert_eq!(fork_inside::spawn().unwrap().join().unwrap(), 2),
        "fork-and-drop" => {
            let mut child = Some(give::spawn(5).unwrap());
            assert_eq!(child.as_ref().unwrap().join_timeout(Duration::from_secs(60)).unwrap().unwrap(), 5);
            // From now on what is forked does not have the memory of its report.
            assert_eq!(give::spawn(6).unwrap().join().unwrap(), 6);
            for end in [drop, |child: Child<u32>| assert!(child.join().is_err())] {
                let copy = sys::fork(|| end(child.take().unwrap()));
                assert_eq!(waitpid(copy, None).unwrap(), WaitStatus::Exited(copy, 0));
            }
            assert_eq!(child.unwrap().join().unwrap(), 5);
        }
        "fork-and-list" => {
            let child = give_later::spawn(&gate, 5).unwrap();
            waitpid(sys::fork(|| assert!(active_children().is_empty())), None).unwrap();
            gate.open(1);
            assert_eq!(child.join().unwrap(), 5);
        }
        "fork-and-spawn" => {
            let child = give_later::spawn(&gate, 5).unwrap();
            waitpid(sys::fork(|| assert_eq!(give::spawn(6).unwrap().join().unwrap(), 6)), None).unwrap();
            gate.open(1);
            assert_eq!(child.join().unwrap(), 5);
        }
        "many" => {
            let count: u32 = env::args().nth(2).unwrap().parse().unwrap();
            let before = fds().len();
            let started: Vec<_> = (0..count).map(|n| give_later::spawn(&gate, n).unwrap()).collect();
            let listed: Vec<_> = active_children().iter().map(|child| child.id()).collect();
            assert_eq!(listed, started.iter().map(Child::id).collect::<Vec<_>>());
            gate.open(count as usize);
            for (child, n) in started.into_iter().zip(0..) {
                assert_eq!(child.join().unwrap(), n);
            }
            assert_eq!((active_children().len(), children().len()), (0, 0));
            // Spare report memory, the descriptor of this process, a reserve, lifelines.
            assert!(fds().len() <= before + 15, "{:?}", fds());
        }
        "active" => {
            let mut started: Vec<_> = (0..5).map(|n| give_later::process(&gate, n).spawn().unwrap()).collect();
            let end = started.remove(2);
            end.kill().unwrap();
            assert_eq!(end.stop(Duration::ZERO).unwrap().signal(), Some(libc::SIGKILL));
            let listed: Vec<_> = active_children().iter().map(|child| child.id()).collect();
            assert_eq!(listed, started.iter().map(Child::id).collect::<Vec<_>>());
            gate.open(4);
        }
        "threads" => {
            let child = give_beside_threads::spawn(&gate, 5).unwrap();
            thread::scope(|scope| {
                let asks = || assert_eq!(child.join_timeout(Duration::MAX).unwrap().unwrap(), 5);
                let polls = || fixture_kit::until(|| child.exit().is_some_and(|exit| exit.is_success()));
                let _threads = (scope.spawn(asks), scope.spawn(asks), scope.spawn(polls));
                // Started while they wait: the option is true to its word.
                let other = give_beside_threads::spawn(&gate, 6).unwrap();
                gate.open(2);
                assert_eq!(other.join().unwrap(), 6);
            });
            assert_eq!(child.join().unwrap(), 5);
        }
        "next" => {
            let child = park::process().name("first").spawn().unwrap();
            child.kill().unwrap();
            assert_eq!(child.stop(Duration::ZERO).unwrap().signal(), Some(libc::SIGKILL));
            drop(child);
            let open = fds();
            let child = park::spawn().unwrap();
            assert!(child.is_alive() && child.exit().is_none() && child.name() == "park");
            // Neither is a descriptor that the user has seen.
            assert!(child.as_fd().as_raw_fd() > 2);
            child.kill().unwrap();
            assert!(child.join().is_err());
            assert_eq!(fds(), open);
            let child = park::spawn().unwrap();
            kill(pid(child.id()), Signal::SIGKILL).unwrap(); // not by its handle, so somebody has to hear of it
        }
        "interrupted" => {
            sys::handle(libc::SIGUSR1);
            let child = give_later::spawn(&gate, 5).unwrap();
            let parent = current().id();
            let sender = sys::fork(|| {
                for _ in 0..10 {
                    asleep(parent);
                    kill(pid(parent), Signal::SIGUSR1).unwrap();
                }
                gate.open(1);
            });
            assert_eq!(child.join().unwrap(), 5);
            waitpid(sender, None).unwrap();
        }
        scene => panic!("expected a scene, found `{scene}`"),
    }
}
