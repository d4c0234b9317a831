//! The sending end of a channel.

use std::fmt;
use std::marker::PhantomData;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

use serde::Serialize;

use crate::ipc::buffer;
use crate::ipc::end::End;
use crate::ipc::errors::{ChannelError, SendError, SendTimeoutError, TrySendError};
use crate::ipc::patience::Patience;
use crate::ipc::post::{Beside, post, post_beside};
use crate::ipc::{parcel, spill};
use crate::shm::packet::Packet;

/// The sending end of a [`channel`](crate::channel).
///
/// It works in the process that it was made in or moved to. When the last sender is dropped, or the last process that
/// has one has ended, the receivers learn that after the last message. A process that executes another program has not
/// ended.
///
/// An end in a message of a channel whose receivers were all killed is known to be lost only when some process that
/// knows that channel next does something with channels, or ends.
pub struct Sender<T> {
    end: End,
    _sends: PhantomData<fn(T)>,
}

/// Why a value was not sent.
#[derive(Debug)]
pub(crate) enum Unsent {
    Full,
    /// Another has the turn, and does not get on.
    HeldUp,
    Disconnected,
    Failed(ChannelError),
}

impl<E: Into<ChannelError>> From<E> for Unsent {
    fn from(error: E) -> Self {
        Unsent::Failed(error.into())
    }
}

impl<T> Sender<T> {
    pub(crate) fn new(end: End) -> Self {
        Sender { end, _sends: PhantomData }
    }

    pub(crate) fn end(&self) -> &End {
        &self.end
    }

    /// How many messages the channel holds at most.
    ///
    /// ```
    /// let (sender, receiver) = mp_runtime::channel::<u32>(8).unwrap();
    /// assert_eq!((sender.capacity(), receiver.capacity()), (8, 8));
    /// ```
    pub fn capacity(&self) -> usize {
        self.end.link().ring.capacity()
    }

    /// How many messages are in the channel at the moment.
    ///
    /// ```
    /// let (sender, receiver) = mp_runtime::channel::<u32>(8).unwrap();
    /// sender.send(7).unwrap();
    /// assert_eq!((sender.len(), receiver.len()), (1, 1));
    /// ```
    pub fn len(&self) -> usize {
        self.end.link().ring.length()
    }

    /// Whether there is no message in the channel at the moment.
    ///
    /// ```
    /// let (sender, _receiver) = mp_runtime::channel::<u32>(8).unwrap();
    /// assert!(sender.is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether both are senders of one channel.
    ///
    /// ```
    /// let (sender, _receiver) = mp_runtime::channel::<u32>(8).unwrap();
    /// assert!(sender.same_channel(&sender.clone()));
    /// ```
    pub fn same_channel(&self, other: &Sender<T>) -> bool {
        self.end.is_linked(&other.end)
    }
}

impl<T: Serialize> Sender<T> {
    /// Sends `value`; waits while the channel is full. It is full for a value that there is not enough room for; smaller ones of other
    /// senders can go first, see [`channel`](crate::channel()).
    ///
    /// That it returned says that the value is in the channel, not that somebody has received it.
    ///
    /// ```
    /// let (sender, receiver) = mp_runtime::channel(8).unwrap();
    /// sender.send("hello".to_owned()).unwrap();
    /// assert_eq!(receiver.recv().unwrap(), "hello");
    /// ```
    ///
    /// # Errors
    ///
    /// When every receiver is gone; when this end was not moved into this process; when serde refuses the value. The
    /// error has the value. That the last receiver was killed is noticed within 10 ms.
    pub fn send(&self, value: T) -> Result<(), SendError<T>> {
        match self.deliver(&value, Patience::Until(None)) {
            Ok(()) => Ok(()),
            Err(Unsent::Failed(error)) => Err(SendError::Failed(value, error)),
            Err(Unsent::Full | Unsent::HeldUp | Unsent::Disconnected) => Err(SendError::Disconnected(value)),
        }
    }

    /// Sends `value` if there is room for it now.
    ///
    /// # Errors
    ///
    /// When there is none, or another sender is in the middle of sending and does not get on; and as [`Sender::send`].
    pub fn try_send(&self, value: T) -> Result<(), TrySendError<T>> {
        match self.deliver(&value, Patience::Never) {
            Ok(()) => Ok(()),
            Err(Unsent::Full | Unsent::HeldUp) => Err(TrySendError::Full(value)),
            Err(Unsent::Disconnected) => Err(TrySendError::Disconnected(value)),
            Err(Unsent::Failed(error)) => Err(TrySendError::Failed(value, error)),
        }
    }

    /// Sends `value`; waits while the channel is full, but not longer than `timeout`.
    ///
    /// # Errors
    ///
    /// When there was no room in time, or another sender was in the middle of sending for all of it; and as [`Sender::send`].
    pub fn send_timeout(&self, value: T, timeout: Duration) -> Result<(), SendTimeoutError<T>> {
        match self.deliver(&value, Patience::of(timeout)) {
            Ok(()) => Ok(()),
            Err(Unsent::Full | Unsent::HeldUp) => Err(SendTimeoutError::Timeout(value)),
            Err(Unsent::Disconnected) => Err(SendTimeoutError::Disconnected(value)),
            Err(Unsent::Failed(error)) => Err(SendTimeoutError::Failed(value, error)),
        }
    }

    pub(crate) fn deliver(&self, value: &T, patience: Patience) -> Result<(), Unsent> {
        let me = self.end.here()?;
        buffer::with(|bytes| {
            let enclosed = parcel::pack(value, bytes)?;
            let link = self.end.link();
            let plain = Packet::plain(bytes.len()).filter(|packet| packet.size() <= link.ring.longest());
            if let Some(packet) = plain.filter(|_| enclosed.is_empty()) {
                return post(link, me, patience, packet, bytes, Beside::Nothing);
            }
            let spilled = if plain.is_none() { Some(spill::write(&[bytes])?) } else { None };
            let fds: Vec<BorrowedFd<'_>> = spilled.iter().map(AsFd::as_fd).chain(enclosed.fds()).collect();
            let bytes: &[u8] = if spilled.is_some() { &[] } else { bytes };
            post_beside(link, me, patience, bytes, &fds, spilled.is_some())?;
            enclosed.sent();
            Ok(())
        })
    }
}

impl<T> Clone for Sender<T> {
    /// Makes another sender of the same channel.
    ///
    /// # Panics
    ///
    /// If the channel has 2048 ends already.
    fn clone(&self) -> Self {
        Sender::new(self.end.clone())
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").field("len", &self.len()).field("capacity", &self.capacity()).finish_non_exhaustive()
    }
}
