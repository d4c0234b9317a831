//! A mark that a process bears for others to see: the name of a socket, which says whose it is.
//!
//! The name is an abstract one, in no file system, and free again when the last process that holds the socket has ended.
//! It has in it the id of the process and the inode of its process descriptors, which (since Linux 6.9) no other process
//! has or will have. Invariant: what is called in children just forked and in signal handlers, [`bear`] and
//! [`is_marked`], makes system calls without the C library, and allocates nothing.

use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

use nix::errno::Errno;

use crate::sys::syscall::{call, result};
use crate::sys::{adopted, direct};

/// A name for a socket, as the kernel has it: the family, a zero byte, and what is to be said.
#[derive(Debug)]
#[repr(C)]
struct Name {
    family: u16,
    zero: u8,
    word: [u8; 9],
    id: [u8; 4],
    inode: [u8; 8],
}

/// Makes a socket without a name.
pub(crate) fn new() -> nix::Result<OwnedFd> {
    let kind = libc::SOCK_DGRAM | libc::SOCK_CLOEXEC;
    // SAFETY: `socket` reads no memory.
    let number = result(unsafe { call(libc::SYS_socket, [libc::AF_UNIX as usize, kind as usize, 0, 0, 0, 0]) })?;
    // SAFETY: the kernel has just made this descriptor and gave it to us alone.
    Ok(unsafe { OwnedFd::from_raw_fd(number as i32) })
}

/// Marks the calling process, for as long as somebody holds `socket`.
pub(crate) fn bear(socket: BorrowedFd<'_>) -> nix::Result<()> {
    let id = direct::id();
    let pidfd = adopted::open(id).ok_or(Errno::EMFILE)?;
    match name(libc::SYS_bind, socket, pidfd.as_fd(), id) {
        // A stranger has the name; it is taken, and that is what counts.
        Err(Errno::EADDRINUSE) => Ok(()),
        bound => bound,
    }
}

/// Whether the process behind `pidfd`, whose id is `id`, bears the mark. Where that cannot be found out, it does not.
///
/// Takes no name, not even for a moment: the process may be about to do so.
pub(crate) fn is_marked(pidfd: BorrowedFd<'_>, id: i32) -> bool {
    new().is_ok_and(|socket| name(libc::SYS_connect, socket.as_fd(), pidfd, id).is_ok())
}

/// Makes the system call `number`, which takes a socket and a name, with the name of a process.
fn name(number: libc::c_long, socket: BorrowedFd<'_>, pidfd: BorrowedFd<'_>, id: i32) -> nix::Result<()> {
    let inode = inode(pidfd)?;
    let name = Name { family: libc::AF_UNIX as u16, zero: 0, word: *b"mp-leave:", id: id.to_ne_bytes(), inode };
    let place = (&raw const name).expose_provenance();
    let arguments = [socket.as_raw_fd() as usize, place, size_of::<Name>(), 0, 0, 0];
    // SAFETY: the kernel reads the name, of which it is told the length.
    result(unsafe { call(number, arguments) }).map(drop)
}

/// The inode of a process descriptor.
fn inode(pidfd: BorrowedFd<'_>) -> nix::Result<[u8; 8]> {
    // The kernel's structure, of which the inode is at byte 32: statx(2). (On some architectures the `libc` crate has none.)
    let mut status = [0_u64; 32];
    let place = status.as_mut_ptr().expose_provenance();
    let empty = c"".as_ptr().expose_provenance();
    const INODE: usize = 0x100;
    let arguments = [pidfd.as_raw_fd() as usize, empty, libc::AT_EMPTY_PATH as usize, INODE, place, 0];
    // SAFETY: an empty path that ends with a zero byte, and 256 bytes for the kernel to write.
    result(unsafe { call(libc::SYS_statx, arguments) })?;
    Ok(status[4].to_ne_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_is_there_while_the_socket_is() {
        let id = direct::id();
        let pidfd = adopted::open(id).expect("a descriptor is to be had");
        assert!(!is_marked(pidfd.as_fd(), id));
        let socket = new().expect("a socket is to be had");
        bear(socket.as_fd()).expect("the name is free");
        assert!(is_marked(pidfd.as_fd(), id));
        assert!(!is_marked(pidfd.as_fd(), id + 1));
        drop(socket);
        assert!(!is_marked(pidfd.as_fd(), id));
    }
}
