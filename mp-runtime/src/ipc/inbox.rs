//! Receiving the descriptors that belong to a message.

use std::os::fd::OwnedFd;

use nix::errno::Errno;

use crate::ipc::errors::ChannelError;
use crate::ipc::link::Link;
use crate::shm::memory::Mapped;
use crate::shm::ring::{Front, Receiving};
use crate::shm::roster::Side;
use crate::sys::fdpass;

/// Takes the message `front`, and the descriptors that belong to it.
///
/// They are copied, then the message is taken, then they are: killed before the message is, this process leaves all of
/// it to the next receiver, and killed after that, descriptors that nobody looks for any more.
///
/// # Errors
///
/// When this process cannot have so many descriptors: then the message stays where it is. When there are none: it is taken.
pub(crate) fn take(link: &Link, turn: Receiving<'_, Mapped>, front: Front) -> Result<Vec<OwnedFd>, ChannelError> {
    let found = loop {
        let mut stamp = [0; 8];
        match fdpass::peek(link.inbox(), &mut stamp) {
            // Of a sender that was killed before it sent the message, or of one that a receiver was killed at.
            Ok(_) if u64::from_ne_bytes(stamp) < front.stamp => fdpass::discard(link.inbox()),
            Ok((_, fds)) if u64::from_ne_bytes(stamp) == front.stamp => break Some(fds),
            Ok(_) | Err(Errno::EAGAIN) => break None,
            Err(errno) => return Err(errno.into()),
        }
    };
    turn.take(front);
    if found.is_some() {
        fdpass::discard(link.inbox());
    }
    drop(turn);
    link.wake(Side::Send);
    found.ok_or(ChannelError::corrupt())
}

/// Throws away what a sender that was killed has left without a message; for when there is no message and no sender any
/// more. Otherwise the next message with descriptors sees to it.
#[cold]
pub(crate) fn clear(link: &Link) {
    while fdpass::peek(link.inbox(), &mut []).is_ok() {
        fdpass::discard(link.inbox());
    }
}
