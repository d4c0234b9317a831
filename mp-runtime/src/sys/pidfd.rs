//! Process descriptors: a name for a process that is never given to another one.

use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::unistd::Pid;

use crate::sys::fd;
use crate::sys::syscall::{call, result};

/// Opens a descriptor of the process `pid`.
///
/// Names the right process as long as `pid` cannot have been reused: for the caller itself, its parent
/// while that lives, or its child before it is reaped.
#[inline]
pub(crate) fn open(pid: Pid) -> nix::Result<OwnedFd> {
    // SAFETY: `pidfd_open` reads no memory of ours.
    let number = result(unsafe { call(libc::SYS_pidfd_open, [pid.as_raw() as usize, 0, 0, 0, 0, 0]) })?;
    // SAFETY: the kernel has just made this descriptor (close-on-exec, always) and gave it to us alone.
    fd::beyond_streams(unsafe { OwnedFd::from_raw_fd(number as i32) })
}

/// Sends `signal` to the process behind `pidfd`; `ESRCH` once it has been reaped.
pub(crate) fn send_signal(pidfd: BorrowedFd<'_>, signal: i32) -> nix::Result<()> {
    let info: *const libc::siginfo_t = std::ptr::null();
    // SAFETY: a null `info` asks for what `kill` would send; no memory of ours is read.
    let sent = unsafe { libc::syscall(libc::SYS_pidfd_send_signal, pidfd.as_raw_fd(), signal, info, 0) };
    Errno::result(sent).map(drop)
}

/// Waits until one of `pidfds` is ready, that is, its process has ended; `false` when `deadline` came first.
///
/// `ready[i]` tells which. Ready is not yet reapable: a foreign tracer may still hold the status.
///
/// # Errors
///
/// `EINVAL` for more of them than the process may have descriptors open; `ENOMEM`.
pub(crate) fn wait_any(
    pidfds: &[BorrowedFd<'_>],
    ready: &mut Vec<bool>,
    deadline: Option<Instant>,
) -> nix::Result<bool> {
    let mut set: Vec<PollFd<'_>> = pidfds.iter().map(|fd| PollFd::new(fd.as_fd(), PollFlags::POLLIN)).collect();
    loop {
        let answer = poll(&mut set, timeout(deadline));
        match answer {
            Err(Errno::EINTR) => continue,
            Err(errno) => return Err(errno),
            Ok(_) => {
                ready.clear();
                ready.extend(set.iter().map(|fd| fd.any().unwrap_or(true)));
            }
        }
        if answer == Ok(0) && deadline.is_none_or(|deadline| Instant::now() < deadline) {
            continue;
        }
        return Ok(ready.contains(&true));
    }
}

/// Waits until the process behind `pidfd` has ended; `false` when `deadline` came first.
///
/// # Errors
///
/// As [`wait_any`].
pub(crate) fn wait(pidfd: BorrowedFd<'_>, deadline: Option<Instant>) -> nix::Result<bool> {
    wait_any(&[pidfd], &mut Vec::new(), deadline)
}

/// The time left, rounded up to the millisecond `poll` counts in, so that no wait ends early.
fn timeout(deadline: Option<Instant>) -> PollTimeout {
    let Some(deadline) = deadline else { return PollTimeout::NONE };
    let left = deadline.saturating_duration_since(Instant::now());
    let left = left.saturating_add(Duration::from_nanos(999_999)).as_millis();
    // A wait of more than 24 days is cut in pieces by the loop above.
    PollTimeout::try_from(left.min(i32::MAX as u128)).unwrap_or(PollTimeout::MAX)
}

/// Lets `time` pass. For where there is nothing to wait for: a foreign tracer holds a status, or `poll` is refused.
pub(crate) fn pause(time: Duration) {
    // Nothing to look at, so nothing to refuse.
    let _ = wait_any(&[], &mut Vec::new(), Instant::now().checked_add(time));
}
