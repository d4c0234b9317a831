//! Processes made by `clone3`; the first argument names a scene. Code 0 if all is right.
#![allow(clippy::print_stdout, reason = "the test reads what this program prints")]

use std::env;
use std::ffi::CString;

use fixture_kit::sys::{self, Disposition, RobustMutex};
use mp_runtime::{StartMethod, process};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::signal::Signal;

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

fn handlers_are_reset() {
    sys::handle(libc::SIGTERM);
    assert_eq!(disposition::spawn(libc::SIGTERM).unwrap().join().unwrap(), Disposition::Default);
    assert_eq!(sys::disposition(libc::SIGTERM), Disposition::Handled);
}

/// Of the child that has fewest.
fn page_faults(method: StartMethod) -> i64 {
    let count = || getrusage(UsageWho::RUSAGE_CHILDREN).unwrap().minor_page_faults();
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
        Some("page-faults") => println!("{}", page_faults(StartMethod::Fork)),
        Some("page-faults-of-server") => println!("{}", page_faults(StartMethod::ForkServer)),
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
