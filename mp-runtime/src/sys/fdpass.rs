//! Passing descriptors from process to process: `SCM_RIGHTS` over a pair of sockets.
//!
//! A message is a few bytes and the descriptors that go with them. While it is on its way the kernel keeps these open; when
//! the last descriptor of the socket that it waits in is closed, the kernel closes them.

use std::io::IoSlice;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::sys::socket::{
    AddressFamily, ControlMessage, MsgFlags, SockFlag, SockType, UnixAddr, recv, sendmsg, socketpair,
};

use crate::sys::{fd, pidfd};

/// So many descriptors go with one message (SCM_MAX_FD).
pub(crate) const MOST: usize = 253;

/// Makes a pair of sockets that keep messages apart; neither waits, unless it is [let](let_wait), nor is where a standard stream would be.
pub(crate) fn pair() -> nix::Result<(OwnedFd, OwnedFd)> {
    let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
    let (one, other) = socketpair(AddressFamily::Unix, SockType::SeqPacket, None, flags)?;
    Ok((fd::beyond_streams(one)?, fd::beyond_streams(other)?))
}

/// Sends `bytes` and copies of `fds`.
///
/// # Errors
///
/// `EAGAIN` while too much is on its way, also when it is too many descriptors; `EINVAL` for more than [`MOST`].
pub(crate) fn send(socket: BorrowedFd<'_>, bytes: &[u8], fds: &[BorrowedFd<'_>]) -> nix::Result<()> {
    let numbers: Vec<RawFd> = fds.iter().map(AsRawFd::as_raw_fd).collect();
    let rights = [ControlMessage::ScmRights(&numbers)];
    let flags = MsgFlags::MSG_NOSIGNAL | MsgFlags::MSG_DONTWAIT;
    loop {
        match sendmsg::<UnixAddr>(socket.as_raw_fd(), &[IoSlice::new(bytes)], &rights, flags, None) {
            Err(Errno::EINTR) => {}
            Err(Errno::ETOOMANYREFS | Errno::ENOBUFS) => return Err(Errno::EAGAIN),
            sent => return sent.map(drop),
        }
    }
}

/// Copies the bytes of the first message, which stays where it is with all its descriptors. How many bytes it has.
///
/// # Errors
///
/// `EAGAIN` when there is none.
pub(crate) fn peek_bytes(socket: BorrowedFd<'_>, bytes: &mut [u8]) -> nix::Result<usize> {
    loop {
        match recv(socket.as_raw_fd(), bytes, MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_PEEK) {
            Err(Errno::EINTR) => {}
            peeked => return peeked,
        }
    }
}

/// Copies the first message, which stays where it is: into `bytes`, and its descriptors. How many bytes it has.
///
/// # Errors
///
/// `EAGAIN` when there is none; `EMFILE` when this process cannot have as many descriptors.
pub(crate) fn peek(socket: BorrowedFd<'_>, bytes: &mut [u8]) -> nix::Result<(usize, Vec<OwnedFd>)> {
    let (length, fds) = receive_with(socket, bytes, MsgFlags::MSG_PEEK | MsgFlags::MSG_DONTWAIT)?;
    Ok((length, fds?))
}

/// Waits for a message and takes it, which `bytes` has room for; no bytes if there will be none. Its descriptors: `EMFILE` where this
/// process cannot have so many, and has none of them then.
///
/// In one system call, where [`wait`] takes three: for a socket that [waits](let_wait).
pub(crate) fn wait_with(socket: BorrowedFd<'_>, bytes: &mut [u8]) -> nix::Result<(usize, nix::Result<Vec<OwnedFd>>)> {
    receive_with(socket, bytes, MsgFlags::empty())
}

/// Has this end of a [`pair`] wait.
pub(crate) fn let_wait(socket: BorrowedFd<'_>) -> nix::Result<()> {
    fcntl(socket, FcntlArg::F_SETFL(OFlag::empty())).map(drop)
}

/// A message, with its descriptors: `EMFILE` where this process cannot have so many, and has none of them then.
pub(crate) type Message = (Vec<u8>, nix::Result<Vec<OwnedFd>>);

/// Waits for a message and takes it, however long it is; no bytes if there will be none.
pub(crate) fn wait(socket: BorrowedFd<'_>) -> nix::Result<Message> {
    loop {
        let _ = pidfd::wait(socket, None);
        // No more memory than it takes: to touch each page that the longest one might need costs a newborn more than its order.
        let mut bytes = match length(socket) {
            Err(Errno::EAGAIN) => continue,
            length => vec![0; length?],
        };
        match receive_with(socket, &mut bytes, MsgFlags::MSG_DONTWAIT) {
            Err(Errno::EAGAIN) => {}
            received => {
                let (length, fds) = received?;
                bytes.truncate(length);
                return Ok((bytes, fds));
            }
        }
    }
}

/// How long the first message is.
fn length(socket: BorrowedFd<'_>) -> nix::Result<usize> {
    let flags = MsgFlags::MSG_PEEK | MsgFlags::MSG_TRUNC | MsgFlags::MSG_DONTWAIT;
    loop {
        match recv(socket.as_raw_fd(), &mut [], flags) {
            Err(Errno::EINTR) => {}
            length => return length,
        }
    }
}

/// Takes the first message and closes what came with it; whether there was one.
pub(crate) fn discard(socket: BorrowedFd<'_>) -> bool {
    recv(socket.as_raw_fd(), &mut [0; 16], MsgFlags::MSG_DONTWAIT).is_ok()
}

/// Whether there is no message.
pub(crate) fn is_empty(socket: BorrowedFd<'_>) -> bool {
    recv(socket.as_raw_fd(), &mut [0; 16], MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_PEEK).is_err()
}

/// Room for the descriptors of a message, aligned as their head has to be.
#[repr(C)]
union Space {
    _head: libc::cmsghdr,
    bytes: [u8; SPACE],
}

// SAFETY: it calculates with integers.
const SPACE: usize = unsafe { libc::CMSG_SPACE((MOST * size_of::<RawFd>()) as u32) } as usize;

/// Not by nix, which does not tell the descriptors when there were more than this process could have: they would stay open.
fn receive_with(
    socket: BorrowedFd<'_>,
    bytes: &mut [u8],
    flags: MsgFlags,
) -> nix::Result<(usize, nix::Result<Vec<OwnedFd>>)> {
    let flags = flags | MsgFlags::MSG_CMSG_CLOEXEC;
    let mut space = Space { bytes: [0; SPACE] };
    let mut slice = libc::iovec { iov_base: bytes.as_mut_ptr().cast(), iov_len: bytes.len() };
    // SAFETY: zeroes are a valid `msghdr`: no name, no room.
    let mut head: libc::msghdr = unsafe { std::mem::zeroed() };
    head.msg_iov = &raw mut slice;
    head.msg_iovlen = 1;
    head.msg_control = (&raw mut space).cast();
    head.msg_controllen = SPACE as _;
    let received = loop {
        // SAFETY: the kernel writes to `bytes` and `space`, which live on, at most as much as they were said to hold.
        let received = unsafe { libc::recvmsg(socket.as_raw_fd(), &raw mut head, flags.bits()) };
        match Errno::result(received) {
            Err(Errno::EINTR) => {}
            received => break received? as usize,
        }
    };
    let mut fds = Vec::new();
    // SAFETY: `head` was filled in by the kernel, and `space` lives.
    let mut message = unsafe { libc::CMSG_FIRSTHDR(&raw const head) };
    while !message.is_null() {
        // SAFETY: not null, so it points to a head within what the kernel has written.
        let libc::cmsghdr { cmsg_level, cmsg_type, cmsg_len, .. } = unsafe { message.read() };
        if (cmsg_level, cmsg_type) == (libc::SOL_SOCKET, libc::SCM_RIGHTS) {
            // SAFETY: it calculates with an integer.
            let length = cmsg_len - unsafe { libc::CMSG_LEN(0) } as usize;
            // SAFETY: the data lies behind the head.
            let data = unsafe { libc::CMSG_DATA(message) }.cast::<RawFd>();
            for index in 0..length / size_of::<RawFd>() {
                // SAFETY: within the data, by its length.
                let at = unsafe { data.add(index) };
                // SAFETY: the kernel has written a number there.
                let number = unsafe { at.read_unaligned() };
                // SAFETY: the kernel has just made this descriptor (close-on-exec) and gave it to us alone.
                fds.push(unsafe { OwnedFd::from_raw_fd(number) });
            }
        }
        // SAFETY: `message` lies within `head`'s room.
        message = unsafe { libc::CMSG_NXTHDR(&raw const head, message) };
    }
    // There is room for all that can be sent, so what does not fit is the table of this process.
    if head.msg_flags & libc::MSG_CTRUNC != 0 {
        return Ok((received, Err(Errno::EMFILE)));
    }
    Ok((received, fds.into_iter().map(fd::beyond_streams).collect()))
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsFd;

    use super::*;
    use crate::sys::memory;

    #[test]
    fn a_message_is_peeked_at_and_taken_with_its_descriptors() {
        let (one, other) = pair().expect("sockets are to be had");
        let file = memory::create(c"test").expect("a file is to be had");
        send(one.as_fd(), b"ab", &[file.as_fd(), file.as_fd()]).expect("there is room");
        let mut bytes = [0; 8];
        for is_taken in [false, true] {
            let message = if is_taken {
                wait_with(other.as_fd(), &mut bytes)
            } else {
                peek(other.as_fd(), &mut bytes).map(|(length, fds)| (length, Ok(fds)))
            };
            let (length, fds) = message.expect("it is there");
            let fds = fds.expect("there is room");
            assert_eq!((&bytes[..length], fds.len()), (&b"ab"[..], 2));
            memory::write_at(fds[1].as_fd(), b"x", 0).expect("it is a file");
        }
        assert!(memory::read(file.as_fd(), 1).is_ok());
        assert_eq!(peek(other.as_fd(), &mut bytes).map(drop), Err(Errno::EAGAIN));
    }

    #[test]
    fn a_message_of_any_length_comes_whole_and_then_the_end() {
        let (one, other) = pair().expect("sockets are to be had");
        for length in [3, 100_000] {
            send(one.as_fd(), &vec![7; length], &[one.as_fd()]).expect("there is room");
            let (bytes, fds) = wait(other.as_fd()).expect("it is there");
            assert!(bytes == vec![7; length] && fds.expect("there is room").len() == 1);
        }
        drop(one);
        let (bytes, fds) = wait(other.as_fd()).expect("it is the end");
        assert!(bytes.is_empty() && fds.expect("there are none").is_empty());
    }

    #[test]
    fn a_message_that_is_discarded_is_gone() {
        let (one, other) = pair().expect("sockets are to be had");
        send(one.as_fd(), b"a", &[one.as_fd()]).expect("there is room");
        assert!(!is_empty(other.as_fd()) && discard(other.as_fd()));
        assert!(is_empty(other.as_fd()) && !discard(other.as_fd()));
        assert_eq!(peek(other.as_fd(), &mut [0]).map(drop), Err(Errno::EAGAIN));
    }

    #[test]
    fn as_many_descriptors_as_allowed_go_with_one_message() {
        let (one, other) = pair().expect("sockets are to be had");
        send(one.as_fd(), b"a", &[one.as_fd(); MOST]).expect("there is room");
        assert_eq!(wait_with(other.as_fd(), &mut [0]).map(|(_, fds)| fds.map(|fds| fds.len())), Ok(Ok(MOST)));
    }
}
