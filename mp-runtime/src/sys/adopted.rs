//! Children that a process did not start itself: as a subreaper it adopts those of its descendants that lose their parent.
//!
//! Invariant: these functions make system calls without the C library and allocate nothing, for signal handlers use them,
//! but for [`adopt`]. A process id is good here for as long as nobody reaps the process: it is a child of the caller.

use std::os::fd::{FromRawFd, OwnedFd};

use crate::sys::direct;
use crate::sys::syscall::{call, result};

/// Makes the calling process adopt its orphaned descendants, or no longer; whether it did before.
pub(crate) fn adopt(yes: bool) -> bool {
    use nix::sys::prctl;
    let before = prctl::get_child_subreaper().unwrap_or(false);
    // Since Linux 3.4. Where a sandbox forbids it, `guarantees` tells.
    let _ = prctl::set_child_subreaper(yes);
    before
}

/// Whether the calling process adopts its orphaned descendants.
pub(crate) fn adopts() -> bool {
    nix::sys::prctl::get_child_subreaper().unwrap_or(false)
}

/// Which children [`some_child`] looks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Look {
    /// One that lives or waits to be reaped.
    Any,
    /// One that waits to be reaped.
    Dead,
}

/// Whether there is such a child at all. Takes nothing away.
pub(crate) fn some_child(look: Look) -> bool {
    let mut info = [0_usize; 16]; // a `siginfo_t` is 128 bytes
    let options = (libc::WEXITED | libc::WNOHANG | libc::WNOWAIT) as usize;
    let place = info.as_mut_ptr().expose_provenance();
    // SAFETY: the kernel writes a `siginfo_t`, for which there is room.
    let found = unsafe { call(libc::SYS_waitid, [libc::P_ALL as usize, 0, place, options, 0, 0]) };
    // Its first word is SIGCHLD if there is a dead one, and 0 otherwise.
    found == 0 && (look == Look::Any || info[0] as u32 != 0)
}

/// Calls `each` with the ids of children of the calling process, as far as procfs tells of them; whether it does.
///
/// Orphans are adopted by the first thread, so its children are listed. The list is of one moment.
pub(crate) fn children(mut each: impl FnMut(i32)) -> bool {
    let mut path = [0_u8; 64];
    let id = direct::id();
    write_path(&mut path, id);
    let arguments = [libc::AT_FDCWD as usize, path.as_ptr().expose_provenance(), libc::O_CLOEXEC as usize, 0, 0, 0];
    // SAFETY: the path ends with a zero byte.
    let Ok(number) = result(unsafe { call(libc::SYS_openat, arguments) }) else { return false };
    let mut pending = 0;
    let mut buffer = [0_u8; 1024];
    loop {
        let place = [number, buffer.as_mut_ptr().expose_provenance(), buffer.len(), 0, 0, 0];
        // SAFETY: the kernel writes no further than the buffer goes.
        let Ok(length @ 1..) = result(unsafe { call(libc::SYS_read, place) }) else { break };
        for byte in &buffer[..length.min(buffer.len())] {
            match byte {
                b'0'..=b'9' => pending = pending * 10 + i32::from(byte - b'0'),
                _ => each(std::mem::take(&mut pending)),
            }
        }
    }
    direct::close(number as i32);
    true
}

/// Writes `/proc/ID/task/ID/children` and a zero byte.
fn write_path(path: &mut [u8; 64], id: i32) {
    let mut digits = [0_u8; 10];
    let mut first = digits.len();
    let mut rest = id.unsigned_abs();
    while rest > 0 {
        first -= 1;
        digits[first] = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    let parts: [&[u8]; 5] = [b"/proc/", &digits[first..], b"/task/", &digits[first..], b"/children\0"];
    let mut at = 0;
    for part in parts {
        path[at..at + part.len()].copy_from_slice(part);
        at += part.len();
    }
}

/// The process group of a child; 0 if it is gone.
pub(crate) fn group(id: i32) -> i32 {
    // SAFETY: `getpgid` reads no memory.
    unsafe { call(libc::SYS_getpgid, [id as usize, 0, 0, 0, 0, 0]) }.max(0) as i32
}

/// The session of a child; 0 if it is gone.
pub(crate) fn session(id: i32) -> i32 {
    // SAFETY: `getsid` reads no memory.
    unsafe { call(libc::SYS_getsid, [id as usize, 0, 0, 0, 0, 0]) }.max(0) as i32
}

/// A process descriptor of a child; `None` if there is none to be had.
pub(crate) fn open(id: i32) -> Option<OwnedFd> {
    // SAFETY: `pidfd_open` reads no memory.
    let number = result(unsafe { call(libc::SYS_pidfd_open, [id as usize, 0, 0, 0, 0, 0]) }).ok()?;
    // SAFETY: the kernel has just made this descriptor (close-on-exec, always) and gave it to us alone.
    Some(unsafe { OwnedFd::from_raw_fd(number as i32) })
}

/// Reaps a child, if it has ended; whether it has.
pub(crate) fn reap(id: i32) -> bool {
    let mut status = 0_i32;
    let place = (&raw mut status).expose_provenance();
    // SAFETY: the kernel writes an integer of ours.
    let reaped = unsafe { call(libc::SYS_wait4, [id as usize, place, libc::WNOHANG as usize, 0, 0, 0]) };
    reaped == id as isize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_is_that_of_the_list() {
        let mut path = [1; 64];
        write_path(&mut path, 1203);
        assert!(path.starts_with(b"/proc/1203/task/1203/children\0"));
    }
}
