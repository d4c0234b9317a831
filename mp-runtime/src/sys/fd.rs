//! Descriptors of the runtime that must not live on in a forked child.

use std::mem;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::sync::atomic::{AtomicI32, AtomicU8, Ordering};

use crate::sys::direct;

/// A descriptor that belongs to the process that made it: a child of that process can let go of it
/// although the owner, being memory of the parent's frames, is never dropped there.
///
/// Invariant: the number is open, and ours, exactly while `state` is `HELD` or `LENT`. Once lent to the user it is
/// never closed early, for a `BorrowedFd` may be anywhere, also among the child's arguments.
#[derive(Debug)]
pub(crate) struct ProcessFd {
    number: AtomicI32,
    state: AtomicU8,
}

/// Open, known to the runtime only.
const HELD: u8 = 0;
/// Open, and the user has seen it.
const LENT: u8 = 1;
/// Closed in this process, or given away.
const GONE: u8 = 2;

impl ProcessFd {
    pub(crate) fn new(fd: OwnedFd) -> Self {
        use std::os::fd::IntoRawFd;
        ProcessFd { number: AtomicI32::new(fd.into_raw_fd()), state: AtomicU8::new(HELD) }
    }

    /// A place for a descriptor that is yet to come.
    pub(crate) const fn none() -> Self {
        ProcessFd { number: AtomicI32::new(-1), state: AtomicU8::new(GONE) }
    }

    /// Puts the descriptor into a place made by [`none`](ProcessFd::none), before anybody else can see the place.
    pub(crate) fn fill(&self, fd: OwnedFd) {
        use std::os::fd::IntoRawFd;
        debug_assert_eq!(self.number(), -1);
        self.number.store(fd.into_raw_fd(), Ordering::Relaxed);
        self.state.store(HELD, Ordering::Release);
    }

    /// Closes the descriptor, if there is one, sooner than it would be by being dropped.
    pub(crate) fn close(&mut self) {
        if mem::replace(self.state.get_mut(), GONE) != GONE {
            direct::close(self.number());
        }
    }

    /// Set before `state` says that there is one.
    fn number(&self) -> RawFd {
        self.number.load(Ordering::Relaxed)
    }

    /// The descriptor for a call of the runtime's own; `None` where this process has let go of it.
    pub(crate) fn get(&self) -> Option<BorrowedFd<'_>> {
        if self.state.load(Ordering::Acquire) == GONE {
            return None;
        }
        // SAFETY: not `GONE`, so open; it is closed by `release` in a child just forked, where none of the
        // parent's frames that hold the borrow goes on running, and by `close` and `drop`, which have `&mut self`.
        Some(unsafe { BorrowedFd::borrow_raw(self.number()) })
    }

    /// The descriptor for the user: from now on it stays open in children too.
    pub(crate) fn lend(&self) -> Option<BorrowedFd<'_>> {
        let fd = self.get()?;
        self.state.store(LENT, Ordering::Release);
        Some(fd)
    }

    /// Gives the descriptor away, if it is still here.
    pub(crate) fn give(&self) -> Option<OwnedFd> {
        use std::os::fd::FromRawFd;
        let given = self.state.compare_exchange(HELD, GONE, Ordering::AcqRel, Ordering::Acquire).is_ok();
        // SAFETY: it was ours and open, and no longer is ours: `state` says so to all others.
        given.then(|| unsafe { OwnedFd::from_raw_fd(self.number()) })
    }

    /// Closes the descriptor in a child just forked, unless the user has seen it.
    pub(crate) fn release(&self) {
        if self.state.compare_exchange(HELD, GONE, Ordering::AcqRel, Ordering::Acquire).is_ok() {
            direct::close(self.number());
        }
    }
}

impl ProcessFd {
    /// Closes descriptors in a child just forked, and forgets them. Their memory is a copy of the parent's: it is not
    /// written to, for then it would have to be copied indeed.
    #[inline(always)] // see `sys::near`
    pub(crate) fn close_all(inherited: Vec<ProcessFd>) {
        inherited.iter().filter_map(ProcessFd::get).for_each(|fd| direct::close(fd.as_raw_fd()));
        mem::forget(inherited);
    }
}

impl Drop for ProcessFd {
    fn drop(&mut self) {
        self.close();
    }
}

/// The same file by a descriptor that is none of the three standard streams.
pub(crate) fn beyond_streams(fd: OwnedFd) -> nix::Result<OwnedFd> {
    use nix::fcntl::{FcntlArg, fcntl};
    use std::os::fd::FromRawFd;
    if fd.as_raw_fd() > libc::STDERR_FILENO {
        return Ok(fd);
    }
    let number = fcntl(&fd, FcntlArg::F_DUPFD_CLOEXEC(libc::STDERR_FILENO + 1))?;
    // SAFETY: the kernel has just made this number for us; nobody else knows it.
    Ok(unsafe { OwnedFd::from_raw_fd(number) })
}

/// Standard stream `number` of this process, if it is open.
pub(crate) fn standard_stream(number: RawFd) -> Option<BorrowedFd<'static>> {
    // SAFETY: asks about a number.
    let open = unsafe { libc::fcntl(number, libc::F_GETFD) } >= 0;
    // SAFETY: open, as was just seen. Who closes a standard stream meanwhile has it sent as whatever is there then.
    open.then(|| unsafe { BorrowedFd::borrow_raw(number) })
}
