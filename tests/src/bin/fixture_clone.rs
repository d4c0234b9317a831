//! Processes made by `clone3`; the first argument names a scene. Code 0 if all is right.
#![allow(clippy::print_stdout, reason = "the test reads what this program prints")]

use std::env;
use std::ffi::CString;
use std::fs;
use std::thread;

use fixture_kit::sys::{self, Disposition, RobustMutex};
use fixture_kit::{Gate, stepper, until};
use mp_runtime::{StartMethod, channel, process};
use nix::sys::ptrace;
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::signal::Signal;
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

mod fixture_kit;

#[process]
fn disposition(signal: i32) -> Disposition {
    sys::disposition(signal)
}

#[process(start = fork)]
fn empty() {}

#[process]
fn lock_and_die(mutex: &RobustMutex) {
    assert_eq!(mutex.try_lock(), 0);
    mp_tests::raise(libc::SIGKILL).unwrap();
}

#[process]
fn try_lock(mutex: &RobustMutex) -> i32 {
    mutex.try_lock()
}

/// What a channel does when it is used first.
fn ask() {
    channel::<u64>(1).unwrap().0.send(1).unwrap();
}

#[process(unsafe(threads))]
fn ask_who_it_is() {
    ask();
}

/// Forks while another of its threads is in the middle of asking for the first time who this process is. That thread is traced.
#[process]
fn fork_meanwhile(go: &Gate) {
    thread::scope(|scope| {
        scope.spawn(|| {
            stepper::begin();
            ask();
        });
        go.wait();
        ask_who_it_is::spawn().unwrap().join().unwrap();
    });
}

/// The thread that `process` has beside its first one.
fn other_thread(process: u32) -> Option<Pid> {
    let tasks = fs::read_dir(format!("/proc/{process}/task")).ok()?;
    let mut ids = tasks.filter_map(|task| task.ok()?.file_name().to_str()?.parse().ok());
    ids.find(|id| *id != process as i32).map(Pid::from_raw)
}

/// The system call that the first thread of `process` waits in.
fn call(process: u32) -> Option<i64> {
    fs::read_to_string(format!("/proc/{process}/syscall")).ok()?.split(' ').next()?.parse().ok()
}

fn asked_meanwhile() {
    let go = Gate::new();
    let child = fork_meanwhile::spawn(&go).unwrap();
    until(|| other_thread(child.id()).is_some());
    let thread = other_thread(child.id()).unwrap();
    let stops = || waitpid(thread, Some(WaitPidFlag::__WALL));
    // Nobody's to wait for before it has said that it is traced.
    until(|| stops() == Ok(WaitStatus::Stopped(thread, Signal::SIGSTOP)));
    ptrace::setoptions(thread, ptrace::Options::PTRACE_O_TRACESYSGOOD).unwrap();
    let wipes = |(number, given): (u64, [u64; 6])| {
        number as i64 == libc::SYS_madvise && given[2] == libc::MADV_WIPEONFORK as u64
    };
    while !mp_tests::begun_call(thread.as_raw()).is_some_and(wipes) {
        ptrace::syscall(thread, None).unwrap();
        stops().unwrap();
    }
    go.open(1);
    // It has forked, or waits for the thread.
    until(|| [libc::SYS_waitid, libc::SYS_futex].map(Some).contains(&call(child.id())));
    ptrace::detach(thread, None).unwrap();
    child.join().unwrap();
}

fn handlers_are_reset() {
    sys::handle(libc::SIGTERM);
    assert_eq!(disposition::spawn(libc::SIGTERM).unwrap().join().unwrap(), Disposition::Default);
    assert_eq!(sys::disposition(libc::SIGTERM), Disposition::Handled);
}

/// Of the start that has fewest: in the child, or in its parent.
fn page_faults(whose: UsageWho, method: StartMethod) -> i64 {
    let count = || getrusage(whose).unwrap().minor_page_faults();
    let faults = (0..20).map(|_| {
        let before = count();
        empty::process().start(method).spawn().unwrap().join().unwrap();
        count() - before
    });
    faults.min().unwrap()
}

fn main() {
    match env::args().nth(1).as_deref() {
        Some("without-fork") => {
            sys::refuse(&[libc::SYS_clone, libc::SYS_fork, libc::SYS_vfork], libc::EPERM);
            handlers_are_reset();
        }
        Some("without-clone3") => {
            sys::refuse(&[libc::SYS_clone3], libc::ENOSYS);
            handlers_are_reset();
        }
        Some("without-either") => {
            sys::refuse(&[libc::SYS_clone, libc::SYS_clone3], libc::EAGAIN);
            let error = disposition::spawn(libc::SIGTERM).unwrap_err();
            assert_eq!((error.stage(), error.raw_os_error()), (Some(mp_runtime::Stage::Fork), Some(libc::EAGAIN)));
        }
        Some("owner-dies") => {
            let mutex = RobustMutex::new();
            let error = lock_and_die::spawn(&mutex).unwrap().join().unwrap_err();
            assert_eq!(error.exit().unwrap().signal(), Some(Signal::SIGKILL as i32));
            assert_eq!(mutex.try_lock(), libc::EOWNERDEAD);
        }
        Some("owner-lives") => {
            let mutex = RobustMutex::new();
            assert_eq!(mutex.try_lock(), 0);
            // The first must not take the mutex, nor give it away at its end.
            assert_eq!(try_lock::spawn(&mutex).unwrap().join().unwrap(), libc::EBUSY);
            assert_eq!(try_lock::spawn(&mutex).unwrap().join().unwrap(), libc::EBUSY);
        }
        Some("asked-meanwhile") => asked_meanwhile(),
        Some("page-faults") => println!("{}", page_faults(UsageWho::RUSAGE_CHILDREN, StartMethod::Fork)),
        Some("page-faults-of-parent") => println!("{}", page_faults(UsageWho::RUSAGE_SELF, StartMethod::Fork)),
        Some("page-faults-of-server") => {
            println!("{}", page_faults(UsageWho::RUSAGE_CHILDREN, StartMethod::ForkServer))
        }
        Some("library") => {
            assert_eq!(try_lock::spawn(&RobustMutex::new()).unwrap().join().unwrap(), 0);
            sys::load(&CString::new(env::args().nth(2).expect("a path")).unwrap());
            let error = disposition::spawn(libc::SIGTERM).unwrap().join().unwrap_err();
            let exit = error.exit().unwrap();
            assert_eq!((exit.code(), exit.began()), (Some(66), false));
        }
        scene => panic!("expected a scene, found {scene:?}"),
    }
}
