//! `fork`, and nothing that could return from it twice.

use std::convert::Infallible;
use std::mem;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use nix::errno::Errno;
use nix::unistd::{ForkResult, Pid};

use crate::sys::clone::Clone;
use crate::sys::page::Page;
use crate::sys::{direct, pidfd, profile, signal};

/// What a child has in the way of signal handlers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Handlers {
    /// All that its parent has.
    Inherited,
    /// None but those that it shall have.
    Reset,
}

/// Forks; the new process runs `child` and never leaves it, the caller gets its id.
///
/// If the caller is `alone` in its process, as the thread of that id, and nobody has asked to be called at a fork, by a system call (see
/// `clone`). Else by the libc function, which costs a fifth more: it runs the `pthread_atfork` handlers, makes the allocator usable in the
/// child and renews the thread id on which robust mutexes depend.
///
/// In a process with one thread `child` may do anything. With more, a lock that another thread held stays
/// locked in the child for ever; the caller has refused that case, or its user has answered for it with
/// `unsafe(threads)`.
#[inline(always)]
pub(crate) fn fork(alone: Option<i32>, child: impl Born) -> Result<Pid, Errno> {
    match split(alone)? {
        (Some(id), _) => Ok(id),
        (None, handlers) => begin(child, handlers),
    }
}

/// What a child does.
pub(crate) trait Born {
    /// To be inlined always: the compiler takes what never returns for what is never called.
    fn live(self, handlers: Handlers) -> Infallible;
}

/// Makes the child: its id, on the parent's side, and what handlers are in force on the child's.
#[inline(always)]
fn split(alone: Option<i32>) -> Result<(Option<Pid>, Handlers), Errno> {
    let clone = alone.and_then(Clone::prepare);
    if let Some(prepared) = &clone {
        // SAFETY: the caller enters the child only, as below.
        match unsafe { prepared.run() } {
            Ok(id) => {
                if id.is_none() {
                    mem::forget(clone); // to free memory is to write to it
                }
                return Ok((id, Handlers::Reset));
            }
            Err(errno @ (Errno::EAGAIN | Errno::ENOMEM)) => return Err(errno),
            Err(_) => {} // an old kernel, or a sandbox that does not know the call
        }
    }
    drop(clone); // before there are two of it
    // SAFETY: the caller enters the child only, which cannot return; `NoWayBack` stops it from unwinding into
    // the frames below, which belong to the parent. The rule on threads is kept as said above.
    let id = match unsafe { nix::unistd::fork() }? {
        ForkResult::Parent { child } => Some(child),
        ForkResult::Child => None,
    };
    Ok((id, Handlers::Inherited))
}

/// What it takes to make children of this process's parent: in a process of one thread, with nothing to be called at a `fork`.
#[derive(Debug)]
pub(crate) struct Siblings(Clone);

impl Siblings {
    /// Looks at this process, whose signal handlers siblings will have; those that a process does not keep go.
    pub(crate) fn prepare() -> Result<Siblings, Errno> {
        direct::reset_signals();
        Clone::of_thread(direct::thread()).map(Siblings).ok_or(Errno::ENOSYS)
    }

    /// Makes one, as [`fork`] makes a child of this process. Before it runs, its id is at [place](Page::id) `number` of `ids`.
    #[inline(always)] // see `sys::near`
    pub(crate) fn make(&self, ids: &Page, number: usize, child: impl Born) -> Result<(), Errno> {
        // SAFETY: the child runs `child` only, as above. The place is an integer of shared memory, accessed atomically.
        if unsafe { self.0.run_as_sibling(ids.id_place(number)) }? { begin(child, Handlers::Reset) } else { Ok(()) }
    }
}

/// Makes the first process of new namespaces, as the flags `namespaces` say, or with 0 a process where the caller's children go; from a
/// process of one thread. It runs `child`, with no descriptors but those of `kept`, and no code of the program's. Its process descriptor.
pub(crate) fn fork_apart(
    namespaces: i32,
    kept: &[BorrowedFd<'_>],
    child: impl FnOnce() -> Infallible,
) -> Result<OwnedFd, Errno> {
    let clone = Clone::of_thread(direct::thread()).ok_or(Errno::ENOSYS)?;
    // SAFETY: the child runs `child` only, as above.
    match unsafe { clone.run_apart(namespaces) }? {
        Some(pidfd) => Ok(pidfd),
        None => enter(|| {
            close_all_but(kept);
            child()
        }),
    }
}

/// Forks, and goes on in the child, which is a copy of a process of one thread. The parent runs `parent`, which is given the child's
/// process descriptor, and never leaves it; it has no other descriptors then but those of `kept`.
pub(crate) fn go_on_in_child(
    kept: &[BorrowedFd<'_>],
    parent: impl FnOnce(Pid, BorrowedFd<'_>) -> Infallible,
) -> Result<(), Errno> {
    // SAFETY: one of the two goes on as the process that was, and the other runs `parent` only, as above. There is one thread.
    match unsafe { nix::unistd::fork() }? {
        ForkResult::Child => Ok(()),
        ForkResult::Parent { child } => enter(|| {
            let pidfd = pidfd::open(child).unwrap_or_else(|_| {
                // It is not reaped, so the number is its own. The kernel has no memory, or the program no descriptors, left.
                signal::kill_group(child);
                let _ = nix::sys::signal::kill(child, nix::sys::signal::Signal::SIGKILL);
                direct::exit(1)
            });
            let mut all = kept.to_vec();
            all.push(pidfd.as_fd());
            close_all_but(&all);
            parent(child, pidfd.as_fd())
        }),
    }
}

/// Closes all descriptors of this process, in which no code of the program's runs any more, but those of `kept`.
fn close_all_but(kept: &[BorrowedFd<'_>]) {
    let mut numbers: Vec<u32> = kept.iter().map(|fd| fd.as_raw_fd().unsigned_abs()).collect();
    numbers.sort_unstable();
    let mut first = 0;
    for number in numbers.into_iter().chain([u32::MAX]) {
        if first < number {
            // SAFETY: whoever owned one of these is in another process, or never runs again.
            unsafe { libc::syscall(libc::SYS_close_range, first, number - u32::from(number < u32::MAX), 0) };
        }
        first = number.saturating_add(1);
    }
}

#[inline(always)]
fn begin(child: impl Born, handlers: Handlers) -> ! {
    let _guard = arrive();
    match child.live(handlers) {}
}

fn enter(child: impl FnOnce() -> Infallible) -> ! {
    let _guard = arrive();
    match child() {}
}

/// What is done first on the side from which nothing returns.
#[inline(always)]
fn arrive() -> NoWayBack {
    profile::begin();
    NoWayBack
}

/// Aborts when dropped: unwinding has reached the frame that forked.
struct NoWayBack;

impl Drop for NoWayBack {
    fn drop(&mut self) {
        // SAFETY: `abort` has no precondition.
        unsafe { libc::abort() }
    }
}
