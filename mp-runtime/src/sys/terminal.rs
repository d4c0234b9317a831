//! The terminal of the session, and which process group may read from it: the one in the foreground.
//!
//! Invariant: these functions make system calls without the C library and allocate nothing, for signal handlers and
//! children just forked call them. A group that is not in the foreground may put another there only while it blocks
//! SIGTTOU, as [`give`] does.

use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

use nix::errno::Errno;

use crate::sys::direct;
use crate::sys::syscall::{call, result};
use crate::sys::wait::Halt;

/// Makes a request of the terminal, with an integer; `ENXIO` where the session has none.
fn ask(request: libc::Ioctl, value: &mut i32) -> nix::Result<()> {
    let place = std::ptr::from_mut(value).expose_provenance();
    let on = |number: i32| {
        // SAFETY: the kernel reads or writes an integer of ours. One who is no terminal of this session does not know these requests.
        result(unsafe { call(libc::SYS_ioctl, [number as usize, request as usize, place, 0, 0, 0]) }).map(drop)
    };
    match open() {
        Ok(terminal) => on(terminal.as_raw_fd()),
        // No descriptor is left: mostly one of the standard streams is it.
        Err(errno @ (Errno::EMFILE | Errno::ENFILE)) => (0..3)
            .map(on)
            .find(|asked| *asked != Err(Errno::ENOTTY) && *asked != Err(Errno::EBADF))
            .unwrap_or(Err(errno)),
        Err(errno) => Err(errno),
    }
}

/// Opens the terminal.
fn open() -> nix::Result<OwnedFd> {
    let flags = libc::O_RDWR | libc::O_CLOEXEC | libc::O_NOCTTY;
    let path = c"/dev/tty".as_ptr().expose_provenance();
    // SAFETY: the path ends with a zero byte.
    let number = result(unsafe { call(libc::SYS_openat, [libc::AT_FDCWD as usize, path, flags as usize, 0, 0, 0]) })?;
    // SAFETY: the kernel has just made this descriptor and gave it to us alone.
    Ok(unsafe { OwnedFd::from_raw_fd(number as i32) })
}

/// The process group in the foreground.
pub(crate) fn foreground() -> nix::Result<i32> {
    let mut group = 0;
    ask(libc::TIOCGPGRP, &mut group)?;
    Ok(group)
}

/// Puts `group` into the foreground: one of this session that is not empty.
pub(crate) fn give(group: i32) -> nix::Result<()> {
    let before = direct::block(1 << (libc::SIGTTOU - 1));
    let given = ask_for(group);
    let _ = direct::set_blocked(before);
    given
}

/// As [`give`], for the caller's own group: while that is in the background, SIGTTOU stops it first.
pub(crate) fn ask_for(group: i32) -> nix::Result<()> {
    let mut group = group;
    ask(libc::TIOCSPGRP, &mut group)
}

/// Whether there is nobody in `group`.
pub(crate) fn is_empty(group: i32) -> bool {
    direct::send_to_group(group, 0) == Err(Errno::ESRCH) // 0 is no signal
}

/// Whether the child behind `pidfd` goes on, and by which signal it was stopped; takes no status.
pub(crate) fn halt(pidfd: BorrowedFd<'_>) -> (Halt, i32) {
    let mut info = [0_i32; 32]; // a `siginfo_t` is 128 bytes
    let options = libc::WEXITED | libc::WSTOPPED | libc::WNOHANG | libc::WNOWAIT;
    let place = info.as_mut_ptr().expose_provenance();
    let arguments = [libc::P_PIDFD as usize, pidfd.as_raw_fd() as usize, place, options as usize, 0, 0];
    // SAFETY: the kernel writes a `siginfo_t`, for which there is room.
    if result(unsafe { call(libc::SYS_waitid, arguments) }).is_err() {
        return (Halt::Ended, 0);
    }
    // Signal, error, code; then, aligned to eight bytes, id, user, status.
    match (info[0], info[2], info[6]) {
        (0, ..) => (Halt::Running, 0),
        (_, libc::CLD_STOPPED | libc::CLD_TRAPPED, signal) => (Halt::Stopped, signal),
        _ => (Halt::Ended, 0),
    }
}
