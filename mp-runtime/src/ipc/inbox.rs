//! Receiving the descriptors that belong to a message.

use std::os::fd::OwnedFd;

use nix::errno::Errno;

use crate::ipc::errors::ChannelError;
use crate::ipc::link::Link;
use crate::ipc::patience;
use crate::shm::memory::Mapped;
use crate::shm::ring::{Front, Receiving};
use crate::shm::roster::Side;
use crate::sys::fdpass;
use crate::sys::identity::Identity;

/// Takes the message `front`, and what `open` makes of the descriptors that belong to it; `None` when a receiver that was killed had
/// these.
///
/// They are copied, then they are taken, then the message is: killed before the first, this process leaves all of it to
/// the next receiver, and killed between the two, a message that the next one finds nothing for, and skips. No descriptors
/// are left that nobody comes for: an end among them would not be known to be lost.
///
/// # Errors
///
/// When this process cannot have so many descriptors, or `open` lacks something: then the message stays where it is. When `open` finds
/// that no sender has written it.
pub(crate) fn take<R>(
    link: &Link,
    turn: Receiving<'_, Mapped>,
    front: Front,
    open: impl FnOnce(Vec<OwnedFd>) -> nix::Result<R>,
) -> Result<Option<R>, ChannelError> {
    let found = match find(link, front.stamp)?.map(open) {
        Some(Err(errno)) if !is_corrupt(errno) => return Err(errno.into()),
        found => found,
    };
    if found.is_some() {
        fdpass::discard(link.inbox());
    }
    link.take(turn, front);
    found.transpose().map_err(|_| ChannelError::corrupt())
}

/// Whether what came cannot be what a sender sends. Anything else is a lack of something, and may be over the next time.
fn is_corrupt(errno: Errno) -> bool {
    matches!(errno, Errno::ENODATA | Errno::EINVAL | Errno::EACCES | Errno::ENODEV)
}

/// Copies of the descriptors with this stamp, if they are the first. Their stamp is looked at before they are copied: there may be
/// more of the others than this process can have.
fn find(link: &Link, stamp: u64) -> nix::Result<Option<Vec<OwnedFd>>> {
    loop {
        let mut found = [0; 8];
        match fdpass::peek_bytes(link.inbox(), &mut found) {
            // Of a sender that was killed before it sent the message.
            Ok(_) if u64::from_ne_bytes(found) < stamp => {
                fdpass::discard(link.inbox());
            }
            Ok(_) if u64::from_ne_bytes(found) == stamp => {
                return fdpass::peek(link.inbox(), &mut found).map(|(_, fds)| Some(fds));
            }
            Ok(_) | Err(Errno::EAGAIN) => return Ok(None),
            Err(errno) => return Err(errno),
        }
    }
}

/// Throws away the descriptors that nobody will come for, and so gives up the ends among them: all of them when there is no
/// receiver any more; those that senders which were killed have left, when there is no message.
#[cold]
pub(crate) fn sweep(link: &Link, me: Identity) {
    if !link.ring.has_stamped() || fdpass::is_empty(link.inbox()) {
        return;
    }
    if !link.is_attended(Side::Receive) {
        return clear(link);
    }
    // In a turn to send no message comes: if there is none, no receiver is at the descriptors, nor will be.
    if let Some(_turn) = link.ring.sending(me, patience::not_of_the_living)
        && !link.ring.has_message()
    {
        clear(link);
    }
}

/// Throws away what is there; for when there is no message, and nobody sends one.
#[cold]
pub(crate) fn clear(link: &Link) {
    while fdpass::discard(link.inbox()) {}
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsFd;
    use std::time::Duration;

    use crate::ipc::channel::channel;
    use crate::ipc::fd::Fd;
    use crate::ipc::select::Select;
    use crate::sys::{fdpass, memory};

    #[test]
    fn what_the_dead_have_left_goes_before_a_select_sleeps() {
        let (sender, receiver) = channel::<Fd>(4).expect("memory is to be had");
        let file = || memory::create(c"test").expect("a file is to be had");
        sender.send(Fd(file())).expect("there is room");
        drop(receiver.recv().expect("it is there"));
        let (link, left) = (sender.end().link(), file());
        fdpass::send(link.outbox(), &99_u64.to_ne_bytes(), &[left.as_fd()]).expect("there is room");
        let mut select = Select::new();
        select.recv(&receiver);
        assert_eq!(select.ready_timeout(Duration::from_millis(1)), None);
        assert!(fdpass::is_empty(link.inbox()));
    }

    #[test]
    fn what_the_dead_have_left_does_not_keep_others_from_sending() {
        let (sender, receiver) = channel::<Fd>(4).expect("memory is to be had");
        let file = || memory::create(c"test").expect("a file is to be had");
        let link = sender.end().link();
        let left = file();
        let leave = || fdpass::send(link.outbox(), &1_u64.to_ne_bytes(), &[left.as_fd()]);
        while leave().is_ok() {}
        sender.try_send(Fd(file())).expect("there is room");
        assert!(receiver.try_recv().is_ok() && receiver.is_empty());
    }
}
