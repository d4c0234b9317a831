//! How many threads this process has.

use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sched::{CloneFlags, unshare};

/// Whether this process has a thread beside the caller.
///
/// `unshare(CLONE_VM)` changes nothing in a process with one thread and fails with `EINVAL` in any other:
/// 0.2 us where reading procfs takes 17 (unshare(2); measured). Where a sandbox forbids the call, procfs decides.
pub(crate) fn is_threaded() -> bool {
    match unshare(CloneFlags::CLONE_VM) {
        Ok(()) => false,
        Err(Errno::EINVAL) => stays_threaded(),
        Err(_) => count().is_none_or(|threads| threads > 1),
    }
}

/// Whether the other threads are still there a moment later.
///
/// A thread that was joined is for some microseconds a thread yet: `pthread_join` returns before the kernel is done.
fn stays_threaded() -> bool {
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_millis(2) {
        if unshare(CloneFlags::CLONE_VM).is_ok() {
            return false;
        }
        std::thread::yield_now();
    }
    true
}

/// The number of threads, if procfs can be read.
pub(crate) fn count() -> Option<usize> {
    Some(std::fs::read_dir("/proc/self/task").ok()?.count())
}

/// Whether the caller is the thread that began its process, whose id is `process`.
pub(crate) fn is_first(process: i32) -> bool {
    nix::unistd::gettid().as_raw() == process
}
