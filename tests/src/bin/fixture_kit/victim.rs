//! A process that is stepped through, instruction by instruction, and killed at each of many.

use std::fs;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::yield_now;
use std::time::{Duration, Instant};

use mp_runtime::{Child, SharedBox};
use nix::sys::ptrace::{self, Options};
use nix::sys::signal::{Signal, raise};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

use super::{cores, until};

/// A victim, and what must be true of the others when it is dead.
pub(crate) struct Trial {
    child: Child<()>,
    /// Is told how often the victim has said that it is done.
    check: Box<dyn FnOnce(u64)>,
}

impl Trial {
    pub(crate) fn new(child: Child<()>, check: impl FnOnce(u64) + 'static) -> Trial {
        Trial { child, check: Box::new(check) }
    }
}

/// Whether victims rest.
static RESTING: AtomicBool = AtomicBool::new(true);

/// How many victims there are.
pub(crate) struct Kill {
    pub(crate) steps: u64,
    pub(crate) storms: u64,
}

impl Kill {
    pub(crate) fn all(&self, start: impl Fn(&SharedBox<AtomicU64>) -> Trial) {
        if self.steps > 0 {
            sweep(self.steps, &start);
        }
        storm(self.storms, &start);
    }
}

/// Where a victim waits to be stepped through.
pub(crate) fn rest() {
    if RESTING.load(Ordering::SeqCst) {
        // Stopped before it is traced, it would be another kind of stop.
        until(|| fs::read_to_string("/proc/self/status").is_ok_and(|status| !status.contains("TracerPid:\t0\n")));
        raise(Signal::SIGSTOP).expect("a process may stop itself");
    }
}

/// More instructions than anything here takes.
const MOST: u64 = 400_000;

/// Starts a victim `points` times and kills it, each time at another instruction between its rest and its saying for the
/// second time that it is done, or its falling asleep.
fn sweep(points: u64, start: impl Fn(&SharedBox<AtomicU64>) -> Trial) {
    // To go from the victim to its tracer and back is faster on one core.
    let cores = cores::stay_on_one_core();
    let length = step_through(MOST, &start);
    assert!((100..MOST).contains(&length), "{length} instructions");
    for point in 0..points {
        step_through(length * point / points, &start);
    }
    cores::return_to(&cores);
}

/// Starts a victim `points` times and kills it at work, each time a little later, up to 40 us.
fn storm(points: u64, start: impl Fn(&SharedBox<AtomicU64>) -> Trial) {
    RESTING.store(false, Ordering::SeqCst);
    for point in 0..points {
        let done = SharedBox::new(AtomicU64::new(0)).expect("a page of memory");
        let trial = start(&done);
        while done.load(Ordering::SeqCst) == 0 {
            std::hint::spin_loop();
        }
        let (begin, delay) = (Instant::now(), Duration::from_nanos(40_000 * point / points));
        while begin.elapsed() < delay {
            std::hint::spin_loop();
        }
        trial.end(&done);
    }
    RESTING.store(true, Ordering::SeqCst);
}

/// Kills a victim after so many instructions. How many it was.
fn step_through(instructions: u64, start: &impl Fn(&SharedBox<AtomicU64>) -> Trial) -> u64 {
    let done = SharedBox::new(AtomicU64::new(0)).expect("a page of memory");
    let trial = start(&done);
    let pid = Pid::from_raw(trial.child.id() as i32);
    ptrace::seize(pid, Options::PTRACE_O_EXITKILL).expect("a child may be traced");
    while waitpid(pid, Some(WaitPidFlag::__WALL)) != Ok(WaitStatus::Stopped(pid, Signal::SIGSTOP)) {
        ptrace::cont(pid, None).expect("it is stopped");
    }
    let stepped = (0..instructions).take_while(|_| done.load(Ordering::SeqCst) < 2 && step(pid)).count();
    trial.end(&done);
    stepped as u64
}

impl Trial {
    fn end(self, done: &SharedBox<AtomicU64>) {
        self.child.kill().expect("it is ours");
        let error = self.child.join_timeout(Duration::from_secs(10)).expect("it is killed").unwrap_err();
        assert_eq!(error.exit().and_then(|exit| exit.signal()), Some(9), "{error}");
        (self.check)(done.load(Ordering::SeqCst));
    }
}

/// Lets the victim run one instruction; `false` if that has put it to sleep.
fn step(pid: Pid) -> bool {
    ptrace::step(pid, None).expect("it is stopped");
    for _ in 0..20_000 {
        match waitpid(pid, Some(WaitPidFlag::__WALL | WaitPidFlag::WNOHANG)) {
            Ok(WaitStatus::StillAlive) => yield_now(),
            Ok(WaitStatus::Stopped(_, Signal::SIGTRAP)) => return true,
            other => panic!("stepped to {other:?}"),
        }
    }
    false
}
