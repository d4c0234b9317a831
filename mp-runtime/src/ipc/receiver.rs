//! The receiving end of a channel.

use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

use serde::de::DeserializeOwned;

use crate::ipc::buffer;
use crate::ipc::end::End;
use crate::ipc::errors::{ChannelError, RecvError, RecvTimeoutError, TryRecvError};
use crate::ipc::iter::{Iter, TryIter};
use crate::ipc::link::Company;
use crate::ipc::own::Own;
use crate::ipc::patience::Patience;
use crate::ipc::{inbox, parcel, reading};
use crate::shm::ring::Corrupt;
use crate::shm::roster::Side;

/// The receiving end of a [`channel`](crate::channel).
///
/// It works in the process that it was made in or moved to. When the last receiver is dropped, or the last process that
/// has one has ended, the senders learn that, and the messages left in the channel are gone. A process that executes another
/// program has not ended.
pub struct Receiver<T> {
    end: End,
    _receives: PhantomData<fn() -> T>,
}

/// Why there is no value.
#[derive(Debug)]
pub(crate) enum Missed {
    Empty,
    /// Another has the turn, and does not get on.
    HeldUp,
    Disconnected,
    Failed(ChannelError),
}

impl<E: Into<ChannelError>> From<E> for Missed {
    fn from(error: E) -> Self {
        Missed::Failed(error.into())
    }
}

impl From<Corrupt> for ChannelError {
    fn from(_: Corrupt) -> Self {
        ChannelError::corrupt()
    }
}

impl<T> Receiver<T> {
    pub(crate) fn new(end: End) -> Self {
        Receiver { end, _receives: PhantomData }
    }

    pub(crate) fn end(&self) -> &End {
        &self.end
    }

    /// Throws away what senders that are all gone have left beside their messages.
    #[cfg(feature = "tokio")]
    pub(crate) fn forget_descriptors(&self) {
        inbox::clear(self.end.link());
    }

    /// How many messages the channel holds at most.
    pub fn capacity(&self) -> usize {
        self.end.link().ring.capacity()
    }

    /// How many messages are in the channel at the moment.
    pub fn len(&self) -> usize {
        self.end.link().ring.length()
    }

    /// Whether there is no message in the channel at the moment.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether both are receivers of one channel.
    ///
    /// ```
    /// let (_sender, receiver) = mp_runtime::channel::<u32>(8).unwrap();
    /// assert!(receiver.same_channel(&receiver.clone()));
    /// ```
    pub fn same_channel(&self, other: &Receiver<T>) -> bool {
        self.end.is_linked(&other.end)
    }
}

impl<T: DeserializeOwned> Receiver<T> {
    /// Receives a value; waits while the channel is empty.
    ///
    /// ```
    /// let (sender, receiver) = mp_runtime::channel(8).unwrap();
    /// sender.send((1, 'a')).unwrap();
    /// assert_eq!(receiver.recv().unwrap(), (1, 'a'));
    /// ```
    ///
    /// # Errors
    ///
    /// When the channel is empty and every sender is gone; when this end was not moved into this process; when serde
    /// cannot read the value, which is gone then. And in the middle of reading a value of this channel, in its
    /// `Deserialize`, when that one has 32 KiB or more: it is in the channel while it is read.
    pub fn recv(&self) -> Result<T, RecvError> {
        self.fetch(Patience::Until(None)).map_err(|missed| match missed {
            Missed::Failed(error) => RecvError::Failed(error),
            Missed::Empty | Missed::HeldUp | Missed::Disconnected => RecvError::Disconnected,
        })
    }

    /// Receives a value if there is one now.
    ///
    /// # Errors
    ///
    /// When there is none, or another receiver is in the middle of receiving and does not get on; and as
    /// [`Receiver::recv`].
    pub fn try_recv(&self) -> Result<T, TryRecvError> {
        self.fetch(Patience::Never).map_err(|missed| match missed {
            Missed::Empty | Missed::HeldUp => TryRecvError::Empty,
            Missed::Disconnected => TryRecvError::Disconnected,
            Missed::Failed(error) => TryRecvError::Failed(error),
        })
    }

    /// Receives a value; waits while the channel is empty, but not longer than `timeout`.
    ///
    /// # Errors
    ///
    /// When none came in time, or another receiver was in the middle of receiving for all of it; and as [`Receiver::recv`].
    pub fn recv_timeout(&self, timeout: Duration) -> Result<T, RecvTimeoutError> {
        self.fetch(Patience::of(timeout)).map_err(|missed| match missed {
            Missed::Empty | Missed::HeldUp => RecvTimeoutError::Timeout,
            Missed::Disconnected => RecvTimeoutError::Disconnected,
            Missed::Failed(error) => RecvTimeoutError::Failed(error),
        })
    }

    /// Iterates over the values, waiting for each, until every sender is gone.
    ///
    /// ```
    /// let (sender, receiver) = mp_runtime::channel(8).unwrap();
    /// sender.send(3).unwrap();
    /// sender.send(4).unwrap();
    /// drop(sender);
    /// assert_eq!(receiver.iter().sum::<i32>(), 7);
    /// ```
    ///
    /// # Panics
    ///
    /// The iterator, when [`Receiver::recv`] gives another error than that the senders are gone.
    pub fn iter(&self) -> Iter<'_, T> {
        Iter::new(self)
    }

    /// Iterates over the values that are there, without waiting.
    ///
    /// ```
    /// let (sender, receiver) = mp_runtime::channel(8).unwrap();
    /// sender.send(3).unwrap();
    /// assert_eq!(receiver.try_iter().collect::<Vec<i32>>(), [3]);
    /// ```
    ///
    /// # Panics
    ///
    /// As [`Receiver::iter`].
    pub fn try_iter(&self) -> TryIter<'_, T> {
        TryIter::new(self)
    }

    pub(crate) fn fetch(&self, patience: Patience) -> Result<T, Missed> {
        let me = self.end.here()?;
        let link = self.end.link();
        buffer::with(|bytes| {
            loop {
                let turn = link.ring.receiving(me, reading::hindered_in(link, me, patience));
                let refused = turn.is_none();
                if let Some(turn) = turn
                    && let Some(front) = turn.front().map_err(ChannelError::from)?
                {
                    if front.packet.enclosed {
                        match reading::with_descriptors(link, turn, front, bytes)? {
                            Some(value) => return Ok(value),
                            None => bytes.clear(),
                        }
                        continue;
                    }
                    return if front.packet.length >= reading::LARGE {
                        reading::in_place(link, Own::new(me, turn), front)
                    } else {
                        turn.copy(&front, bytes);
                        link.take(turn, front);
                        Ok(parcel::unpack(bytes, Vec::new())?)
                    };
                }
                if refused && reading::is_inside(link) {
                    return Err(
                        ChannelError::of_value("another one of the channel is in the middle of being read").into()
                    );
                }
                let deadline = match patience {
                    // Another had its turn for all that time.
                    Patience::Until(_) if refused => return Err(Missed::HeldUp),
                    Patience::Until(deadline) => deadline,
                    #[cfg(feature = "tokio")]
                    Patience::Polled => return Err(if refused { Missed::HeldUp } else { Missed::Empty }),
                    // In this order: what the last sender has sent, it has before it was gone.
                    Patience::Never if link.is_alive(Side::Send, me) || link.ring.has_message() => {
                        return Err(Missed::Empty);
                    }
                    Patience::Never => {
                        inbox::clear(link);
                        return Err(Missed::Disconnected);
                    }
                };
                if !link.wait(Side::Receive, Company::Others, me, deadline, || link.ring.has_message())? {
                    return Err(Missed::Empty);
                }
                if link.has_run_dry() {
                    inbox::clear(link);
                    return Err(Missed::Disconnected);
                }
            }
        })
    }
}

impl<T> Clone for Receiver<T> {
    /// Makes another receiver of the same channel. Each value is received by one of them.
    ///
    /// # Panics
    ///
    /// If the channel has 2048 ends already.
    fn clone(&self) -> Self {
        Receiver::new(self.end.clone())
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").field("len", &self.len()).field("capacity", &self.capacity()).finish_non_exhaustive()
    }
}
