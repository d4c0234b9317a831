//! Pipes that nobody writes to: when the last write end is closed, the kernel kills whoever holds on to the other. And [one](bell) that is
//! written to, to continue a process.
//!
//! A read end is *aimed* at a process group. The signal, its addressee and the rights to send it belong to the open file
//! description, so each group needs one of its own: a copy of a descriptor is none.

use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl, open};
use nix::sys::signal::killpg;
use nix::sys::stat::Mode;
use nix::unistd::{Pid, pipe2};

use crate::sys::syscall::{call, result};
use crate::sys::{direct, fd};

/// The signal that a description sends; the `libc` crate has no name for it on every C library.
const F_SETSIG: i32 = 10;

/// Makes a pipe: its read end, aimed at nobody yet, and its write end.
pub(crate) fn new() -> nix::Result<(OwnedFd, OwnedFd)> {
    let (end, held) = pipe2(OFlag::O_CLOEXEC)?;
    // Whoever writes to the place of a stream that is closed must not write into this.
    let (end, held) = (fd::beyond_streams(end)?, fd::beyond_streams(held)?);
    signals(&end, libc::SIGKILL)?;
    Ok((end, held))
}

/// Makes a pipe by which another process continues the calling one, in whatever namespace it is: each byte that it writes to the second is
/// a SIGCONT, and so is the end of it.
pub(crate) fn bell() -> nix::Result<(OwnedFd, OwnedFd)> {
    let (end, rope) = pipe2(OFlag::O_CLOEXEC | OFlag::O_NONBLOCK)?;
    aim_alone(end.as_fd())?;
    signals(&end, libc::SIGCONT)?;
    Ok((end, rope))
}

/// Has the pipe of [`bell`] send nothing any more, whoever still has a copy of an end.
pub(crate) fn silence(bell: &OwnedFd) {
    // Cannot fail for a flag that is taken away.
    let _ = fcntl(bell, FcntlArg::F_SETFL(OFlag::O_NONBLOCK));
}

/// Opens the pipe behind the write end `held` once more, for another read end.
///
/// # Errors
///
/// `ENOENT` without procfs, `EACCES` after a change of user; [`new`] asks for neither.
pub(crate) fn again(held: BorrowedFd<'_>) -> nix::Result<OwnedFd> {
    let path = format!("/proc/thread-self/fd/{}", held.as_raw_fd());
    let end = open(path.as_str(), OFlag::O_RDONLY | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC, Mode::empty())?;
    let end = fd::beyond_streams(end)?;
    signals(&end, libc::SIGKILL)?;
    Ok(end)
}

/// Has the description send `signal` when the pipe is hung up or written to. Until it is aimed there is nobody to get it.
fn signals(end: &OwnedFd, signal: i32) -> nix::Result<()> {
    // SAFETY: `F_SETSIG` takes an integer, on an open descriptor.
    Errno::result(unsafe { libc::fcntl(end.as_raw_fd(), F_SETSIG, signal) })?;
    fcntl(end, FcntlArg::F_SETFL(OFlag::O_ASYNC | OFlag::O_NONBLOCK)).map(drop)
}

/// Aims `end` at the process group `group`. For the child between fork and function, which leads it.
///
/// The signal is sent in the name of who has aimed: it reaches a process that has changed its user since.
#[inline]
pub(crate) fn aim_at_group(end: BorrowedFd<'_>, group: i32) -> nix::Result<()> {
    aim_at(end, -(group as isize))
}

/// As [`aim_at_group`], at the calling process alone.
pub(crate) fn aim_alone(end: BorrowedFd<'_>) -> nix::Result<()> {
    aim_at(end, direct::id() as isize)
}

#[inline]
fn aim_at(end: BorrowedFd<'_>, whom: isize) -> nix::Result<()> {
    let arguments = [end.as_raw_fd() as usize, libc::F_SETOWN as usize, whom as usize, 0, 0, 0];
    // SAFETY: `F_SETOWN` takes an integer, on an open descriptor.
    result(unsafe { call(libc::SYS_fcntl, arguments) }).map(drop)
}

/// Whether nobody is left in the group that `end` is aimed at, so that it can be aimed at another.
pub(crate) fn is_free(end: BorrowedFd<'_>) -> bool {
    let arguments = [end.as_raw_fd() as usize, libc::F_GETOWN as usize, 0, 0, 0, 0];
    // SAFETY: `F_GETOWN` takes nothing, on an open descriptor.
    match unsafe { call(libc::SYS_fcntl, arguments) } {
        0 => true,
        group => killpg(Pid::from_raw(-group as i32), None) == Err(Errno::ESRCH),
    }
}

/// Whether the pipe of `end` has been hung up already.
#[inline]
pub(crate) fn is_hung_up(end: BorrowedFd<'_>) -> bool {
    let mut poll = libc::pollfd { fd: end.as_raw_fd(), events: 0, revents: 0 };
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    let (set, time) = ((&raw mut poll).expose_provenance(), (&raw mut now).expose_provenance());
    // SAFETY: one `pollfd` of ours, and a time of ours, which the kernel may change.
    result(unsafe { call(libc::SYS_ppoll, [set, 1, time, 0, 0, 0]) }) == Ok(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_end_sees_the_last_write_end_close() {
        let (first, held) = new().expect("a pipe is to be had");
        let second = again(held.as_fd()).expect("procfs is there");
        assert!(!is_hung_up(first.as_fd()) && !is_hung_up(second.as_fd()));
        drop(held);
        assert!(is_hung_up(first.as_fd()) && is_hung_up(second.as_fd()));
    }

    #[test]
    fn a_bell_that_is_silenced_is_so_for_every_copy() {
        let (bell, _rope) = bell().expect("a pipe is to be had");
        let copy = bell.try_clone().expect("a descriptor is to be had");
        let rings = || fcntl(&copy, FcntlArg::F_GETFL).is_ok_and(|flags| flags & OFlag::O_ASYNC.bits() != 0);
        assert!(rings());
        silence(&bell);
        assert!(!rings());
    }
}
