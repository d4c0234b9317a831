//! Waiting for a child by its pidfd; never for "any child", which would steal those of others.
//!
//! An end is taken with one `waitid`. `WNOWAIT` is used to wait, so that many may wait at once, and not to record before reaping: a
//! parent killed between the two would have nobody left to tell.

use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

use nix::errno::Errno;

use crate::sys::syscall::{call, result};

/// What there is to learn of a child.
pub(crate) enum Waited {
    /// It has not ended, or a foreign tracer holds its status back.
    Running,
    /// It has ended and is reaped.
    Ended(Ended),
    /// Its status went to somebody else.
    Lost,
}

/// How a reaped child ended, and what it used.
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    pub(crate) usage: Option<libc::rusage>,
}

/// Blocks until the child has ended, without taking its status: any number of threads may wait.
///
/// Returns early, too, when the child is not ours (any more); [`reap`] tells.
pub(crate) fn block(pidfd: BorrowedFd<'_>) {
    while let Err(Errno::EINTR) = waitid(pidfd, libc::WEXITED | libc::WNOWAIT, None) {}
}

/// Whether a child goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Halt {
    Running,
    /// By a signal; until it is continued.
    Stopped,
    Ended,
}

/// Whether the child goes on; takes no status.
pub(crate) fn halt(pidfd: BorrowedFd<'_>) -> Halt {
    use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid};
    let ends = WaitPidFlag::WEXITED | WaitPidFlag::WSTOPPED;
    match waitid(Id::PIDFd(pidfd), ends | WaitPidFlag::WNOHANG | WaitPidFlag::WNOWAIT) {
        Ok(WaitStatus::StillAlive) | Err(Errno::EINTR) => Halt::Running,
        Ok(WaitStatus::Stopped(..)) => Halt::Stopped,
        // Also an end that nix has no word for.
        _ => Halt::Ended,
    }
}

/// What has become of a child.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    /// A signal has stopped it.
    Stopped(i32),
    Ended(ExitStatus),
    /// It has ended, and somebody else has taken the status.
    Lost,
}

/// Takes the next change of the child, if there is one.
pub(crate) fn change(pidfd: BorrowedFd<'_>) -> Option<Change> {
    match waitid(pidfd, libc::WEXITED | libc::WSTOPPED | libc::WNOHANG, None) {
        Ok(status) => status.map(|status| status.stopped_signal().map_or(Change::Ended(status), Change::Stopped)),
        Err(Errno::EINTR) => None,
        Err(_) => Some(remembered_status(pidfd).map_or(Change::Lost, Change::Ended)),
    }
}

/// Takes the status of the child, if it has ended.
#[inline]
pub(crate) fn reap(pidfd: BorrowedFd<'_>) -> Waited {
    let mut usage = MaybeUninit::<libc::rusage>::zeroed();
    loop {
        return match waitid(pidfd, libc::WEXITED | libc::WNOHANG, Some(&mut usage)) {
            Err(Errno::EINTR) => continue,
            Ok(None) => Waited::Running,
            Ok(Some(status)) => {
                // SAFETY: all zeroes is a valid `rusage`, and the kernel wrote nothing but a valid one.
                let usage = unsafe { usage.assume_init() };
                Waited::Ended(Ended { status, usage: Some(usage) })
            }
            // SIGCHLD was ignored, or somebody waited for any child. The kernel keeps a second copy.
            Err(_) => match remembered_status(pidfd) {
                Some(status) => Waited::Ended(Ended { status, usage: None }),
                None => Waited::Lost,
            },
        };
    }
}

/// `waitid(P_PIDFD, ..)` by the raw call: it alone reports the resource usage.
#[inline]
fn waitid(
    pidfd: BorrowedFd<'_>,
    options: i32,
    usage: Option<&mut MaybeUninit<libc::rusage>>,
) -> nix::Result<Option<ExitStatus>> {
    let mut info = MaybeUninit::<libc::siginfo_t>::zeroed();
    let usage = usage.map_or(std::ptr::null_mut(), MaybeUninit::as_mut_ptr).expose_provenance();
    let (number, place) = (pidfd.as_raw_fd() as usize, info.as_mut_ptr().expose_provenance());
    // SAFETY: `info` is large enough and ours; `usage` is null or a whole `rusage` of the caller's.
    result(unsafe { call(libc::SYS_waitid, [libc::P_PIDFD as usize, number, place, options as usize, usage, 0]) })?;
    // SAFETY: zeroed, which is a valid value, then perhaps written by the kernel.
    let info = unsafe { info.assume_init() };
    // SAFETY: the field is set by `waitid`, or still zero when nothing has ended.
    if unsafe { info.si_pid() } == 0 {
        return Ok(None);
    }
    // SAFETY: `waitid` has filled in a SIGCHLD record, which has this field.
    let status = unsafe { info.si_status() };
    // The encoding of wait(2), which `ExitStatus` reads; real-time signals and the core flag included.
    let raw = match info.si_code {
        libc::CLD_EXITED => (status & 0xff) << 8,
        libc::CLD_DUMPED => status | 0x80,
        libc::CLD_STOPPED | libc::CLD_TRAPPED => (status & 0xff) << 8 | 0x7f,
        _ => status,
    };
    Ok(Some(ExitStatus::from_raw(raw)))
}

/// The status of a process that somebody else has reaped (`PIDFD_GET_INFO`, Linux 6.15 and later).
fn remembered_status(pidfd: BorrowedFd<'_>) -> Option<ExitStatus> {
    let mut info = MaybeUninit::<libc::pidfd_info>::zeroed();
    // SAFETY: all zeroes is a valid `pidfd_info`: it is made of integers.
    unsafe { info.assume_init_mut() }.mask = u64::from(libc::PIDFD_INFO_EXIT);
    // SAFETY: the request names a `pidfd_info`, and that is what it gets.
    let asked = unsafe { libc::ioctl(pidfd.as_raw_fd(), libc::PIDFD_GET_INFO, info.as_mut_ptr()) };
    Errno::result(asked).ok()?;
    // SAFETY: valid before the call, and the kernel wrote integers.
    let info = unsafe { info.assume_init() };
    let known = info.mask & u64::from(libc::PIDFD_INFO_EXIT) != 0;
    known.then(|| ExitStatus::from_raw(info.exit_code))
}
