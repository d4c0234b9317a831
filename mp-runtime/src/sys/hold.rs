//! Holds: a byte of a file that is held for as long as one opening of the file lives, wherever its descriptors are.
//!
//! The kernel lets go of a hold when the last descriptor of that opening is closed, also one that was on its way in a
//! socket that nobody reads any more (open file description locks, fcntl(2)).

use std::fs::OpenOptions;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt;

use nix::fcntl::{FcntlArg, fcntl};

/// Opens `file` anew and holds its byte at `index`.
///
/// # Errors
///
/// Where there is no procfs, for one: a file without a name is opened anew by its descriptor's.
pub(crate) fn take(file: BorrowedFd<'_>, index: usize) -> std::io::Result<OwnedFd> {
    let path = format!("/proc/thread-self/fd/{}", file.as_raw_fd());
    let opened = OpenOptions::new().read(true).write(true).custom_flags(libc::O_CLOEXEC).open(path)?;
    fcntl(&opened, FcntlArg::F_OFD_SETLK(&byte(index, libc::F_WRLCK)))?;
    Ok(opened.into())
}

/// Lets go of the byte at `index`, if this opening of the file holds it.
pub(crate) fn release(file: BorrowedFd<'_>, index: usize) {
    // Fails only if it is no file.
    let _ = fcntl(file, FcntlArg::F_OFD_SETLK(&byte(index, libc::F_UNLCK)));
}

/// Whether the byte at `index` is held by another opening of the file than this.
pub(crate) fn is_taken(file: BorrowedFd<'_>, index: usize) -> bool {
    let mut lock = byte(index, libc::F_WRLCK);
    fcntl(file, FcntlArg::F_OFD_GETLK(&mut lock)).is_ok() && lock.l_type != libc::F_UNLCK as i16
}

fn byte(index: usize, kind: i32) -> libc::flock {
    libc::flock { l_type: kind as i16, l_whence: libc::SEEK_SET as i16, l_start: index as i64, l_len: 1, l_pid: 0 }
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsFd;

    use super::*;
    use crate::sys::{fdpass, memory};

    #[test]
    fn a_hold_lives_in_a_socket_and_ends_with_it() {
        let file = memory::create(c"test").expect("a file is to be had");
        let (one, other) = fdpass::pair().expect("sockets are to be had");
        let opened = take(file.as_fd(), 5).expect("nobody holds it");
        fdpass::send(one.as_fd(), b"a", &[opened.as_fd()]).expect("there is room");
        drop(opened);
        assert!(is_taken(file.as_fd(), 5) && !is_taken(file.as_fd(), 6));
        drop((one, other));
        assert!(!is_taken(file.as_fd(), 5));
    }

    #[test]
    fn a_hold_is_let_go_of() {
        let file = memory::create(c"test").expect("a file is to be had");
        let opened = take(file.as_fd(), 0).expect("nobody holds it");
        assert!(is_taken(file.as_fd(), 0) && take(file.as_fd(), 0).is_err());
        release(opened.as_fd(), 0);
        assert!(!is_taken(file.as_fd(), 0));
    }
}
