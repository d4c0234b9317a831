//! A child that is run step by step, and killed at one of them.

use mp_runtime::Child;
use mp_tests::begun_call;
use nix::errno::Errno;
use nix::sys::ptrace;
use nix::sys::signal::{Signal, raise};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};

use super::{ends, pid};

/// How a step goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// One instruction.
    Instruction,
    /// To the next entry into a system call, or return from one.
    Syscall,
}

/// What the child says at both ends of what is run step by step.
pub(crate) fn begin() {
    ptrace::traceme().unwrap();
    mark();
}

pub(crate) fn mark() {
    raise(Signal::SIGSTOP).unwrap();
}

/// Does what is run step by step, from one mark to the other.
pub(crate) fn stepped<T>(act: impl FnOnce() -> T) -> T {
    begin();
    let result = act();
    mark();
    result
}

/// Runs the child to its first mark.
pub(crate) fn reach<T>(child: &Child<T>) {
    assert!(wait(child) == WaitStatus::Stopped(pid(child.id()), Signal::SIGSTOP));
    ptrace::setoptions(pid(child.id()), ptrace::Options::PTRACE_O_TRACESYSGOOD).unwrap();
}

/// Takes `count` steps; how many there were before the second mark, if that came first.
pub(crate) fn walk<T>(child: &Child<T>, step: Step, count: usize) -> Result<(), usize> {
    let id = pid(child.id());
    for taken in 0..count {
        match step {
            Step::Instruction => ptrace::step(id, None).unwrap(),
            Step::Syscall => ptrace::syscall(id, None).unwrap(),
        }
        match wait(child) {
            WaitStatus::Stopped(_, Signal::SIGTRAP) | WaitStatus::PtraceSyscall(_) => {}
            WaitStatus::Stopped(_, Signal::SIGSTOP) => return Err(taken),
            other => panic!("after {taken} steps: {other:?}"),
        }
    }
    Ok(())
}

/// Takes `count` steps and kills the child; if it came to its second mark before, it ends by itself.
pub(crate) fn walk_and_kill(child: Child<()>, step: Step, count: usize) -> Result<(), usize> {
    let walked = walk(&child, step, count);
    if walked.is_ok() {
        ends::kill(child);
    } else {
        release(&child);
        child.join().unwrap();
    }
    walked
}

/// Lets the child run up to the beginning of a system call that is `wanted`, by its number and arguments.
pub(crate) fn walk_to<T>(child: &Child<T>, wanted: impl Fn(i64, [u64; 6]) -> bool) {
    let id = pid(child.id());
    let mut signal = None;
    loop {
        ptrace::syscall(id, signal.take()).unwrap();
        match wait(child) {
            WaitStatus::PtraceSyscall(_) => {
                if begun_call(id.as_raw()).is_some_and(|(number, given)| wanted(number as i64, given)) {
                    return;
                }
            }
            WaitStatus::Stopped(_, other) => signal = Some(other).filter(|signal| *signal != Signal::SIGTRAP),
            other => panic!("on the way to a system call: {other:?}"),
        }
    }
}

/// Lets the child run on, to its end.
pub(crate) fn release<T>(child: &Child<T>) {
    ptrace::detach(pid(child.id()), None).unwrap();
}

fn wait<T>(child: &Child<T>) -> WaitStatus {
    loop {
        match waitpid(pid(child.id()), Some(WaitPidFlag::WUNTRACED)) {
            Err(Errno::EINTR) => {}
            waited => return waited.unwrap(),
        }
    }
}
