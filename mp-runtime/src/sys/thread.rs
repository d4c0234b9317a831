//! How many threads this process has.

use std::time::{Duration, Instant};

use crate::sys::syscall::call;

/// Whether this process has a thread beside the caller.
///
/// `unshare(CLONE_VM)` changes nothing in a process with one thread and fails with `EINVAL` in any other:
/// 0.2 us where reading procfs takes 17 (unshare(2); measured). Where a sandbox forbids the call, procfs decides.
#[inline]
pub(crate) fn is_threaded() -> bool {
    // SAFETY: `unshare` of no more than this reads and writes no memory.
    let shares = unsafe { call(libc::SYS_unshare, [libc::CLONE_VM as usize, 0, 0, 0, 0, 0]) };
    shares != 0 && stays_threaded()
}

/// Whether there is another thread that is not about to be gone.
///
/// A thread that was joined is a thread for a while yet: `pthread_join` returns before the kernel is done with it.
fn stays_threaded() -> bool {
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_secs(1) {
        match others() {
            Some(Other::Leaving) => std::thread::yield_now(),
            Some(Other::Dead) => return false,
            Some(Other::Running) | None => return true,
        }
    }
    true
}

/// What another task of this process is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Other {
    /// No thread: the first one after its end, which stays until the process ends; or a worker of the kernel's, which
    /// runs none of the process's code.
    Dead,
    /// A thread on its way out.
    Leaving,
    /// A thread.
    Running,
}

/// The liveliest of all tasks but the caller; `None` where procfs cannot tell.
fn others() -> Option<Other> {
    let (me, first) = (nix::unistd::gettid().to_string(), std::process::id().to_string());
    let tasks = std::fs::read_dir("/proc/self/task").ok()?.flatten();
    let mut tasks = tasks.filter(|task| *task.file_name() != *me).map(|task| {
        // Gone in between is as good as leaving.
        let Ok(stat) = std::fs::read_to_string(task.path().join("stat")) else { return Some(Other::Leaving) };
        Other::of(&stat, *task.file_name() == *first)
    });
    tasks.try_fold(Other::Dead, |liveliest, other| Some(liveliest.max(other?)))
}

impl Other {
    /// By its line of proc_pid_stat(5).
    fn of(stat: &str, is_first: bool) -> Option<Other> {
        const EXITING: u32 = 0x4;
        const KERNELS: u32 = 0x10 | 0x4000; // PF_IO_WORKER, PF_USER_WORKER
        // Behind the name, which may hold anything: state, parent, group, session, terminal, its group, flags.
        let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
        let state = fields.next()?;
        let flags: u32 = fields.nth(5)?.parse().ok()?;
        Some(match state {
            "Z" | "X" if is_first => Other::Dead,
            _ if flags & KERNELS != 0 => Other::Dead,
            "Z" | "X" => Other::Leaving,
            _ if flags & EXITING != 0 => Other::Leaving,
            _ => Other::Running,
        })
    }
}

/// The number of threads, if procfs can be read.
pub(crate) fn count() -> Option<usize> {
    Some(std::fs::read_dir("/proc/self/task").ok()?.count())
}

/// Whether the caller is the thread that began its process, whose id is `process`.
pub(crate) fn is_first(process: i32) -> bool {
    nix::unistd::gettid().as_raw() == process
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_that_leaves_is_told_from_one_that_stays() {
        let other = |stat| Other::of(stat, false);
        assert_eq!(other("7 (a) b) S 1 7 7 0 -1 4194304 0 0"), Some(Other::Running));
        assert_eq!(other("7 (a) b) R 1 7 7 0 -1 4194308 0 0"), Some(Other::Leaving));
        assert_eq!(other("7 (a) Z 1 7 7 0 -1 4194304 0 0"), Some(Other::Leaving));
        assert_eq!(other("7 (iou-wrk-7) S 1 7 7 0 -1 4194320 0 0"), Some(Other::Dead));
        assert_eq!(Other::of("7 (a) Z 1 7 7 0 -1 4194308 0 0", true), Some(Other::Dead));
        assert_eq!(other("7 (a"), None);
    }
}
