//! What a process may use, and how much of the processors it is given.

use nix::errno::Errno;
use nix::sched::{CpuSet, sched_setaffinity};
use nix::unistd::Pid;

/// The number of a kind of limit.
pub(crate) type Resource = libc::__rlimit_resource_t;

/// Sets both limits, the one in force and the one up to which it may be raised.
pub(crate) fn set(resource: Resource, to: u64) -> nix::Result<()> {
    let limit = libc::rlimit { rlim_cur: to, rlim_max: to };
    // SAFETY: reads a structure of ours.
    Errno::result(unsafe { libc::setrlimit(resource, &limit) }).map(drop)
}

/// Sets the nice value of the calling process, which has one thread.
pub(crate) fn nice(to: i32) -> nix::Result<()> {
    // SAFETY: takes integers only.
    Errno::result(unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, to) }).map(drop)
}

/// Keeps the calling process, which has one thread, to these processors; `EINVAL` for a number there can be none of.
pub(crate) fn affinity(cpus: &[usize]) -> nix::Result<()> {
    let mut set = CpuSet::new();
    cpus.iter().try_for_each(|cpu| set.set(*cpu))?;
    sched_setaffinity(Pid::from_raw(0), &set)
}
