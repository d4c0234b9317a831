//! A program in a PID namespace of its own, where each process id is given to another process when the one that had it is gone. The
//! first argument names a scene. For root.
#![allow(clippy::print_stdout, reason = "the test reads what this program prints")]

use std::env;
use std::fs;
use std::sync::atomic::Ordering;

use fixture_kit::ends::{LONG, MOMENT, at_once, kill, park};
use fixture_kit::sys::{self, HANDLED};
use fixture_kit::{Gate, ended, stat, until};
use mp_runtime::sync::{Mutex, RwLock, Semaphore};
use mp_runtime::{Child, Sender, channel, mp_main, process};
use nix::sys::signal::{Signal, kill as send};
use nix::sys::wait::waitpid;
use nix::unistd::{Pid, setpgid};

mod fixture_kit;

/// A process that knows nothing of us and has an id that another had. It prints "handler" at each signal.
struct Stranger(Pid);

impl Stranger {
    /// One that leads a group of its own, so that a signal to the group of the other would be one to it.
    fn with_id(id: u32) -> Stranger {
        Stranger::of_group(id, true)
    }

    fn of_group(id: u32, own: bool) -> Stranger {
        assert_eq!(std::process::id(), 2, "not in a namespace of its own");
        fs::write("/proc/sys/kernel/ns_last_pid", (id - 1).to_string()).unwrap();
        let ready = Gate::new();
        let pid = sys::fork(|| {
            (1..32).filter(|signal| ![9, 17, 18, 19].contains(signal)).for_each(sys::handle);
            if own {
                setpgid(Pid::from_raw(0), Pid::from_raw(0)).unwrap();
            }
            ready.open(1);
            until(|| HANDLED.load(Ordering::SeqCst) > 0);
            park();
        });
        assert_eq!(pid.as_raw().unsigned_abs(), id);
        ready.wait();
        Stranger(pid)
    }

    /// Asserts that nothing has come to it.
    fn assert_unharmed(self) {
        fixture_kit::pass(MOMENT);
        let (state, parent) = stat(self.0.as_raw().unsigned_abs()).unwrap();
        assert!(!matches!(state, 'Z' | 'X' | 'T'), "it is {state}");
        assert_eq!(parent, 2);
        send(self.0, Signal::SIGKILL).unwrap();
        waitpid(self.0, None).unwrap();
    }
}

/// Ends a process, and has its status taken by somebody else: its id is free, and its handle does not know.
fn lose<T>(child: &Child<T>) {
    let id = Pid::from_raw(child.id() as i32);
    send(id, Signal::SIGKILL).unwrap();
    ended(child.id());
    waitpid(id, None).unwrap();
}

#[process]
fn parks() {
    park();
}

#[process]
fn holds_mutex(mutex: &Mutex<u64>) {
    let _held = mutex.lock().unwrap();
    park();
}

#[process]
fn holds_both(lock: &RwLock<u64>, permit: &Semaphore, ready: &Gate) {
    let (_held, _permit) = (lock.write().unwrap(), permit.acquire().unwrap());
    ready.open(1);
    park();
}

#[process]
fn holds_sender(sender: Sender<u64>) {
    sender.send(1).unwrap();
    park();
}

/// What a handle does is done to nobody when its process is gone.
fn handle() {
    for act in 0..7 {
        let child = parks::spawn().unwrap();
        lose(&child);
        let stranger = Stranger::with_id(child.id());
        match act {
            0 => drop(child.kill()),
            1 => drop(child.terminate()),
            2 => drop(child.interrupt()),
            3 => assert!(at_once(|| child.stop(LONG)).is_ok()),
            4 => assert!(!child.is_alive()),
            5 => drop(at_once(|| child.join())),
            _ => drop(child),
        }
        stranger.assert_unharmed();
    }
}

/// Nor is what a program does at its end. One in the program's own group is no stray.
fn lost_daemon() -> Stranger {
    let child = parks::process().daemon(true).spawn().unwrap();
    lose(&child);
    Stranger::of_group(child.id(), false)
}

/// Who has died holds nothing, though his id is that of one who lives.
fn locks() {
    let mutex = Mutex::new(5).unwrap();
    let child = holds_mutex::spawn(&mutex).unwrap();
    until(|| mutex.holder().is_some());
    let stranger = Stranger::with_id(kill(child));
    assert!(at_once(|| mutex.lock_timeout(LONG)).unwrap_err().culprit().is_some());
    stranger.assert_unharmed();

    let (lock, permit, ready) = (RwLock::new(5).unwrap(), Semaphore::new(1).unwrap(), Gate::new());
    let child = holds_both::spawn(&lock, &permit, &ready).unwrap();
    ready.wait();
    let stranger = Stranger::with_id(kill(child));
    assert!(at_once(|| lock.write_timeout(LONG)).unwrap_err().culprit().is_some());
    assert!(at_once(|| permit.acquire_timeout(LONG)).unwrap().recovered_from().is_some());
    stranger.assert_unharmed();
}

/// Nor is he waited for.
fn channels() {
    let (sender, receiver) = channel::<u64>(4).unwrap();
    let child = holds_sender::spawn(sender).unwrap();
    assert_eq!(receiver.recv().unwrap(), 1);
    let stranger = Stranger::with_id(kill(child));
    assert!(at_once(|| receiver.recv_timeout(LONG)).unwrap_err().to_string().len() > 1);
    stranger.assert_unharmed();
}

mp_main! {
    #![isolate = pid_namespace]
    fn main() {
        match env::args().nth(1).as_deref() {
            Some("handle") => handle(),
            Some("locks") => locks(),
            Some("channels") => channels(),
            Some("program-ends") => drop(lost_daemon()),
            Some("program-is-stopped") => {
                let _stranger = lost_daemon();
                println!("ready");
                park();
            }
            other => panic!("no scene {other:?}"),
        }
    }
}
