//! The memory of a channel, lent: bytes are written where they are read, and nothing is copied.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::os::fd::{AsFd, OwnedFd};

use nix::errno::Errno;

use crate::ipc::bytes::Bytes;
use crate::ipc::errors::{ChannelError, RecvError, SendError};
use crate::ipc::link::{Company, Link};
use crate::ipc::own::Own;
use crate::ipc::patience::{Patience, hindered};
use crate::ipc::post::post_beside;
use crate::ipc::receiver::{Missed, Receiver};
use crate::ipc::sender::{Sender, Unsent};
use crate::ipc::{inbox, spill, spin};
use crate::shm::memory::Mapped;
use crate::shm::packet::Packet;
use crate::shm::ring::{Front, Receiving, Sending};
use crate::shm::roster::Side;
use crate::sys::memory::Contents;
use crate::wire::prefix;

/// Room for a message of bytes, in the channel itself. See [`Sender::loan`].
///
/// It is this process's: a copy of it, in a process that is started meanwhile, sends nothing, and to use it there is a panic.
///
/// A slice of it, `&mut loan[..]`, must not be lent to such a process. It is no copy there, as other memory is, but the channel's own:
/// what that process writes through it is in the message, and in those after it once this one is sent or the loan dropped. Nothing checks
/// that. Let that process send the bytes, or take the loan there.
pub struct Loan<'a> {
    link: &'a Link,
    turn: Own<Sending<'a, Mapped>>,
    packet: Packet,
}

impl Sender<Bytes> {
    /// Lends room for a message of `length` bytes, to be written in place and then [sent](Loan::send); waits for it.
    ///
    /// What is in it at first is left over from other messages. It is aligned to eight bytes. Other senders wait
    /// while it is lent, so write what is at hand; a send of this thread would wait for ever. Dropped, or if this process
    /// is killed, nothing is sent.
    ///
    /// ```
    /// use mp_runtime::{Bytes, channel_with_room};
    ///
    /// let (sender, receiver) = channel_with_room::<Bytes>(4, 1 << 20).unwrap();
    /// let mut loan = sender.loan(100_000).unwrap();
    /// loan.fill(7);
    /// loan.send();
    /// let bytes = receiver.recv_ref().unwrap();
    /// assert_eq!((bytes.len(), bytes[99_999]), (100_000, 7));
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Sender::send`]; and when the message would be larger than half of the channel's memory, see
    /// [`channel_with_room`](crate::channel_with_room).
    pub fn loan(&self, length: usize) -> Result<Loan<'_>, SendError<()>> {
        let failed = |error: ChannelError| SendError::Failed((), error);
        let me = self.end().here().map_err(failed)?;
        let link = self.end().link();
        let packet = Packet::plain(length.saturating_add(prefix::LENGTH));
        let packet = packet.filter(|packet| packet.size() <= link.ring.longest());
        let packet = packet.ok_or(ChannelError::of_value("it is larger than half of the channel's memory"));
        let packet = packet.map_err(failed)?;
        loop {
            if !link.has_receivers(me) {
                return Err(SendError::Disconnected(()));
            }
            if let Some(mut turn) = link.ring.sending(me, hindered(Patience::Until(None)))
                && turn.has_room(packet)
            {
                turn.lend(packet)[..prefix::LENGTH].copy_from_slice(&prefix::encode(length));
                return Ok(Loan { link, turn: Own::new(me, turn), packet });
            }
            let ready = || link.ring.has_room(packet);
            link.wait(Side::Send, Company::Others, me, None, ready).map_err(|errno| failed(errno.into()))?;
        }
    }
}

impl Sender<Bytes> {
    /// Sends a copy of `bytes`, made at once where it will be read; waits while the channel is full.
    ///
    /// ```
    /// let (sender, receiver) = mp_runtime::channel(4).unwrap();
    /// sender.send_slice(b"lucky").unwrap();
    /// assert_eq!(**receiver.recv().unwrap(), *b"lucky");
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Sender::send`].
    pub fn send_slice(&self, bytes: &[u8]) -> Result<(), SendError<()>> {
        if bytes.len().saturating_add(4 * prefix::LENGTH) <= self.end().link().ring.longest() {
            let mut loan = self.loan(bytes.len())?;
            loan.copy_from_slice(bytes);
            loan.send();
            return Ok(());
        }
        self.send_beside(bytes).map_err(|unsent| match unsent {
            Unsent::Failed(error) => SendError::Failed((), error),
            Unsent::Full | Unsent::HeldUp | Unsent::Disconnected => SendError::Disconnected(()),
        })
    }

    /// Sends bytes for which the ring is too small, copied once.
    fn send_beside(&self, bytes: &[u8]) -> Result<(), Unsent> {
        let me = self.end().here()?;
        let link = self.end().link();
        let file = spill::write(&[&prefix::encode(bytes.len()), bytes])?;
        post_beside(link, me, Patience::Until(None), &[], &[file.as_fd()], true)
    }
}

impl Loan<'_> {
    /// Sends what was written.
    ///
    /// # Panics
    ///
    /// In another process than it was lent to.
    pub fn send(self) {
        self.turn.into_inner().put_lent(self.packet);
        self.link.wake(Side::Receive);
        spin::done(Side::Send);
    }
}

impl Deref for Loan<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.turn.get().lent(self.packet)[prefix::LENGTH..]
    }
}

impl DerefMut for Loan<'_> {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.turn.get_mut().lend(self.packet)[prefix::LENGTH..]
    }
}

impl fmt::Debug for Loan<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let length = self.packet.length as usize - prefix::LENGTH;
        f.debug_struct("Loan").field("len", &length).finish_non_exhaustive()
    }
}

/// A message of bytes where it is, in the channel. See [`Receiver::recv_ref`].
///
/// It is this process's: a copy of it, in a process that is started meanwhile, takes nothing out of the channel, and to use it
/// there is a panic. A slice of it that is handed to such a process is no copy, as other memory is, but the channel's own:
/// it is whole there only as long as the borrow lasts here.
pub struct Borrowed<'a>(Place<'a>);

enum Place<'a> {
    /// In the ring; `start` is where the bytes begin behind their length. Taken when the borrow ends.
    Ring { link: &'a Link, turn: Own<Receiving<'a, Mapped>>, front: Front, start: usize },
    /// Beside it, and taken already.
    File { file: Contents, start: usize },
}

impl Receiver<Bytes> {
    /// Receives a message without copying it; waits while there is none.
    ///
    /// It stays in the channel until the borrow is dropped, and other receivers wait for that, so a receive of this thread
    /// would wait for ever. If this process is killed before, another receiver gets it.
    ///
    /// # Errors
    ///
    /// As [`Receiver::recv`].
    pub fn recv_ref(&self) -> Result<Borrowed<'_>, RecvError> {
        self.borrow().map_err(|missed| match missed {
            Missed::Failed(error) => RecvError::Failed(error),
            Missed::Empty | Missed::HeldUp | Missed::Disconnected => RecvError::Disconnected,
        })
    }

    fn borrow(&self) -> Result<Borrowed<'_>, Missed> {
        let me = self.end().here()?;
        let link = self.end().link();
        let unreadable = || ChannelError::of_value("the message is not of bytes");
        loop {
            if let Some(turn) = link.ring.receiving(me, hindered(Patience::Until(None)))
                && let Some(front) = turn.front().map_err(ChannelError::from)?
            {
                if !front.packet.enclosed {
                    let Some(start) = prefix::start(turn.payload(&front)) else {
                        link.take(turn, front);
                        return Err(unreadable().into());
                    };
                    return Ok(Borrowed(Place::Ring { link, turn: Own::new(me, turn), front, start }));
                }
                let open = |fds: Vec<OwnedFd>| fds.into_iter().next().ok_or(Errno::ENODATA).and_then(spill::open);
                let Some(file) = inbox::take(link, turn, front, open)? else { continue };
                let start = prefix::start(&file).ok_or_else(unreadable)?;
                return Ok(Borrowed(Place::File { file, start }));
            }
            let ready = || link.ring.has_message();
            link.wait(Side::Receive, Company::Others, me, None, ready)?;
            if link.has_run_dry() {
                return Err(Missed::Disconnected);
            }
        }
    }
}

impl Deref for Borrowed<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match &self.0 {
            Place::Ring { turn, front, start, .. } => &turn.get().payload(front)[*start..],
            Place::File { file, start } => &file[*start..],
        }
    }
}

impl Drop for Borrowed<'_> {
    fn drop(&mut self) {
        if let Place::Ring { link, turn, front, .. } = &self.0
            && turn.is_ours()
        {
            turn.get().take(*front);
            link.wake(Side::Send);
            spin::done(Side::Receive);
        }
    }
}

impl fmt::Debug for Borrowed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let length = match &self.0 {
            Place::Ring { front, start, .. } => front.packet.length as usize - start,
            Place::File { file, start } => file.len() - start,
        };
        f.debug_struct("Borrowed").field("len", &length).finish_non_exhaustive()
    }
}
