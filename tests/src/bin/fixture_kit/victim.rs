//! A process that is stepped through, by instructions and by system calls, and killed at each of many.

use std::fs;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::yield_now;
use std::time::{Duration, Instant};

use mp_runtime::{Child, SharedBox};
use nix::sys::ptrace::{self, Options};
use nix::sys::signal::{Signal, raise};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

use super::stepper::Step;
use super::{cores, stat, until};

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

/// How many victims there are, besides those that are killed at system calls.
pub(crate) struct Kill {
    pub(crate) steps: u64,
    pub(crate) storms: u64,
}

impl Kill {
    /// How many were killed at system calls.
    pub(crate) fn all(&self, start: impl Fn(&SharedBox<AtomicU64>) -> Trial) -> u64 {
        // To go from the victim to its tracer and back is faster on one core.
        let cores = cores::stay_on_one_core();
        if self.steps > 0 {
            sweep(self.steps, &start);
        }
        let calls = calls(&start);
        cores::return_to(&cores);
        storm(self.storms, &start);
        calls
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

/// A victim that comes to fewer entries into system calls and returns while it does something once goes on: most call the
/// kernel only to wake somebody, or to sleep.
const FEW: u64 = 24;

/// At last it need not come to so many: where it never sleeps, or the others never do. More than any channel here has room for
/// messages.
const OFTEN: u64 = 2000;

/// Starts a victim `points` times and kills it, each time at another instruction between its rest and its saying for the
/// second time that it is done, or its falling asleep.
fn sweep(points: u64, start: impl Fn(&SharedBox<AtomicU64>) -> Trial) {
    let length = step_through(Step::Instruction, MOST, &start);
    assert!((100..MOST).contains(&length), "{length} instructions");
    for point in 0..points {
        step_through(Step::Instruction, length * point / points, &start);
    }
}

/// Kills a victim at each entry into a system call and each return from one after its rest, until it says for the second
/// time that it is done or falls asleep. How many they were.
///
/// One walk may be shorter than the next, for it depends on who sleeps meanwhile: two have to be.
fn calls(start: impl Fn(&SharedBox<AtomicU64>) -> Trial) -> u64 {
    let is_over = |count: &u64| (0..2).all(|_| step_through(Step::Syscall, *count, &start) < *count);
    (1..).find(is_over).expect("every walk ends") - 1
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

/// Kills a victim after so many steps, or where its walk ends. How many it was.
fn step_through(how: Step, steps: u64, start: &impl Fn(&SharedBox<AtomicU64>) -> Trial) -> u64 {
    let done = SharedBox::new(AtomicU64::new(0)).expect("a page of memory");
    let trial = start(&done);
    let pid = Pid::from_raw(trial.child.id() as i32);
    ptrace::seize(pid, Options::PTRACE_O_EXITKILL | Options::PTRACE_O_TRACESYSGOOD).expect("a child may be traced");
    while waitpid(pid, Some(WaitPidFlag::__WALL)) != Ok(WaitStatus::Stopped(pid, Signal::SIGSTOP)) {
        ptrace::cont(pid, None).expect("it is stopped");
    }
    let mut stepped = 0;
    loop {
        let end = if how == Step::Syscall && stepped < FEW { OFTEN } else { 2 };
        let over = || done.load(Ordering::SeqCst) >= end;
        if stepped == steps || !step(pid, how, over) {
            break;
        }
        stepped += 1;
    }
    trial.end(&done);
    stepped
}

impl Trial {
    fn end(self, done: &SharedBox<AtomicU64>) {
        self.child.kill().expect("it is ours");
        let error = self.child.join_timeout(Duration::from_secs(10)).expect("it is killed").unwrap_err();
        assert_eq!(error.exit().and_then(|exit| exit.signal()), Some(9), "{error}");
        (self.check)(done.load(Ordering::SeqCst));
    }
}

/// Lets the victim take one step; `false` if that has put it to sleep, or its walk is `over`.
fn step(pid: Pid, how: Step, over: impl Fn() -> bool) -> bool {
    match how {
        Step::Instruction => ptrace::step(pid, None),
        Step::Syscall => ptrace::syscall(pid, None),
    }
    .expect("it is stopped");
    loop {
        for _ in 0..20_000 {
            match waitpid(pid, Some(WaitPidFlag::__WALL | WaitPidFlag::WNOHANG)) {
                // It may make no call any more.
                Ok(WaitStatus::StillAlive) if over() => return false,
                Ok(WaitStatus::StillAlive) => yield_now(),
                Ok(WaitStatus::Stopped(_, Signal::SIGTRAP) | WaitStatus::PtraceSyscall(_)) => return !over(),
                other => panic!("stepped to {other:?}"),
            }
        }
        // On a busy machine it may only be late. The deadline is the runner's.
        if stat(pid.as_raw().cast_unsigned()).is_some_and(|(state, _)| state == 'S') {
            return false;
        }
    }
}
