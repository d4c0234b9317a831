//! `fork`, and nothing that could return from it twice.

use std::convert::Infallible;

use nix::errno::Errno;
use nix::unistd::{ForkResult, Pid};

/// Forks; the new process runs `child` and never leaves it, the caller gets its id.
///
/// The libc function, not the raw system call: it runs the `pthread_atfork` handlers, makes the allocator
/// usable in the child and renews the thread id on which robust mutexes depend.
///
/// In a process with one thread `child` may do anything. With more, a lock that another thread held stays
/// locked in the child for ever; the caller has refused that case, or its user has answered for it with
/// `unsafe(threads)`.
pub(crate) fn fork(child: impl FnOnce() -> Infallible) -> Result<Pid, Errno> {
    // SAFETY: the child runs `child` only, which cannot return; `NoWayBack` stops it from unwinding into
    // the frames below, which belong to the parent. The rule on threads is kept as said above.
    match unsafe { nix::unistd::fork() }? {
        ForkResult::Parent { child } => Ok(child),
        ForkResult::Child => {
            let _guard = NoWayBack;
            #[allow(unreachable_code, reason = "the empty match is the proof of it")]
            match child() {}
        }
    }
}

/// Aborts when dropped: unwinding has reached the frame that forked.
struct NoWayBack;

impl Drop for NoWayBack {
    fn drop(&mut self) {
        // SAFETY: `abort` has no precondition.
        unsafe { libc::abort() }
    }
}
