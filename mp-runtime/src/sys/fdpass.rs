//! Passing descriptors from process to process: `SCM_RIGHTS` over a pair of sockets.
//!
//! A message is a few bytes and the descriptors that go with them. While it is on its way the kernel keeps these open; when
//! the last descriptor of the socket that it waits in is closed, the kernel closes them.

use std::io::{IoSlice, IoSliceMut};
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

use nix::cmsg_space;
use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, ControlMessage, ControlMessageOwned, MsgFlags, SockFlag, SockType, UnixAddr, recv, recvmsg, sendmsg,
    socketpair,
};

/// So many descriptors go with one message (SCM_MAX_FD).
pub(crate) const MOST: usize = 253;

/// Makes a pair of sockets that keep messages apart; neither waits.
pub(crate) fn pair() -> nix::Result<(OwnedFd, OwnedFd)> {
    let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
    socketpair(AddressFamily::Unix, SockType::SeqPacket, None, flags)
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

/// Copies the first message, which stays where it is: into `bytes`, and its descriptors. How many bytes it has.
///
/// # Errors
///
/// `EAGAIN` when there is none; `EMFILE` when this process cannot have as many descriptors.
pub(crate) fn peek(socket: BorrowedFd<'_>, bytes: &mut [u8]) -> nix::Result<(usize, Vec<OwnedFd>)> {
    receive_with(socket, bytes, MsgFlags::MSG_PEEK)
}

/// Takes the first message. As [`peek`] otherwise.
#[allow(dead_code, reason = "for arguments that are sent")]
pub(crate) fn receive(socket: BorrowedFd<'_>, bytes: &mut [u8]) -> nix::Result<(usize, Vec<OwnedFd>)> {
    receive_with(socket, bytes, MsgFlags::empty())
}

/// Takes the first message and closes what came with it.
pub(crate) fn discard(socket: BorrowedFd<'_>) {
    // Nothing is there, or it is gone: either is what was wanted.
    let _ = recv(socket.as_raw_fd(), &mut [0; 16], MsgFlags::MSG_DONTWAIT);
}

fn receive_with(socket: BorrowedFd<'_>, bytes: &mut [u8], flags: MsgFlags) -> nix::Result<(usize, Vec<OwnedFd>)> {
    let mut space = cmsg_space!([RawFd; MOST]);
    let flags = flags | MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_CMSG_CLOEXEC;
    loop {
        let mut slices = [IoSliceMut::new(bytes)];
        let received = match recvmsg::<UnixAddr>(socket.as_raw_fd(), &mut slices, Some(&mut space), flags) {
            Err(Errno::EINTR) => continue,
            received => received?,
        };
        let mut fds = Vec::new();
        for message in received.cmsgs()? {
            if let ControlMessageOwned::ScmRights(numbers) = message {
                // SAFETY: the kernel has just made these descriptors (close-on-exec) and gave them to us alone.
                fds.extend(numbers.into_iter().map(|number| unsafe { OwnedFd::from_raw_fd(number) }));
            }
        }
        // There is room for all that can be sent, so what does not fit is the table of this process.
        if received.flags.contains(MsgFlags::MSG_CTRUNC) {
            return Err(Errno::EMFILE);
        }
        return Ok((received.bytes, fds));
    }
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
        for take in [peek, receive] {
            let (length, fds) = take(other.as_fd(), &mut bytes).expect("it is there");
            assert_eq!((&bytes[..length], fds.len()), (&b"ab"[..], 2));
            memory::write_at(fds[1].as_fd(), b"x", 0).expect("it is a file");
        }
        assert_eq!(memory::read_at(file.as_fd(), &mut [0], 0), Ok(()));
        assert_eq!(peek(other.as_fd(), &mut bytes).map(drop), Err(Errno::EAGAIN));
    }

    #[test]
    fn a_message_that_is_discarded_is_gone() {
        let (one, other) = pair().expect("sockets are to be had");
        send(one.as_fd(), b"a", &[one.as_fd()]).expect("there is room");
        discard(other.as_fd());
        assert_eq!(peek(other.as_fd(), &mut [0]).map(drop), Err(Errno::EAGAIN));
    }

    #[test]
    fn as_many_descriptors_as_allowed_go_with_one_message() {
        let (one, other) = pair().expect("sockets are to be had");
        send(one.as_fd(), b"a", &[one.as_fd(); MOST]).expect("there is room");
        assert_eq!(receive(other.as_fd(), &mut [0]).map(|(_, fds)| fds.len()), Ok(MOST));
    }
}
