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

/// Whether there is another thread that is not about to be gone.
///
/// A thread that was joined is a thread for a while yet: `pthread_join` returns before the kernel is done with it.
fn stays_threaded() -> bool {
    let begin = Instant::now();
    while others_are_leaving() && begin.elapsed() < Duration::from_secs(1) {
        if unshare(CloneFlags::CLONE_VM).is_ok() {
            return false;
        }
        std::thread::yield_now();
    }
    unshare(CloneFlags::CLONE_VM).is_err()
}

/// Whether every thread but the caller is on its way out. `false` where procfs cannot tell.
fn others_are_leaving() -> bool {
    let me = nix::unistd::gettid().to_string();
    let Ok(tasks) = std::fs::read_dir("/proc/self/task") else { return false };
    tasks.flatten().filter(|task| *task.file_name() != *me).all(|task| {
        // Gone in between is as good as leaving.
        std::fs::read_to_string(task.path().join("stat")).map_or(true, |stat| is_leaving(&stat).unwrap_or(false))
    })
}

/// Whether a line of proc_pid_stat(5) has the flag PF_EXITING, or its state is that of a dead thread.
fn is_leaving(stat: &str) -> Option<bool> {
    const EXITING: u32 = 0x4;
    // Behind the name, which may hold anything: state, parent, group, session, terminal, its group, flags.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    let state = fields.next()?;
    let flags: u32 = fields.nth(5)?.parse().ok()?;
    Some(flags & EXITING != 0 || matches!(state, "Z" | "X"))
}

/// The number of threads, if procfs can be read.
pub(crate) fn count() -> Option<usize> {
    Some(std::fs::read_dir("/proc/self/task").ok()?.count())
}

/// Whether the caller is the thread that began its process, whose id is `process`.
pub(crate) fn is_first(process: i32) -> bool {
    nix::unistd::gettid().as_raw() == process
}

/// Whether the caller may run on one core only.
pub(crate) fn has_one_core() -> bool {
    let mut cores = std::mem::MaybeUninit::<libc::cpu_set_t>::zeroed();
    // SAFETY: the kernel writes at most as many bytes as it is told.
    let told = unsafe { libc::sched_getaffinity(0, size_of::<libc::cpu_set_t>(), cores.as_mut_ptr()) };
    // SAFETY: zeroed above, and any bits are a set.
    let cores = unsafe { cores.assume_init() };
    // SAFETY: it reads a set of ours.
    told == 0 && unsafe { libc::CPU_COUNT(&cores) } == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_that_leaves_is_told_from_one_that_stays() {
        assert_eq!(is_leaving("7 (a) b) S 1 7 7 0 -1 4194304 0 0"), Some(false));
        assert_eq!(is_leaving("7 (a) b) R 1 7 7 0 -1 4194308 0 0"), Some(true));
        assert_eq!(is_leaving("7 (a) Z 1 7 7 0 -1 4194304 0 0"), Some(true));
        assert_eq!(is_leaving("7 (a"), None);
    }
}
