//! Two channels between two processes, one each way.

use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::ipc::channel::channel;
use crate::ipc::errors::{
    ChannelError, RecvError, RecvTimeoutError, SendError, SendTimeoutError, TryRecvError, TrySendError,
};
use crate::ipc::receiver::Receiver;
use crate::ipc::sender::Sender;

/// One end of a [`duplex`]: it sends `S` and receives `R`.
#[derive(Debug)]
pub struct Duplex<S, R> {
    /// What it sends with.
    pub sender: Sender<S>,
    /// What it receives with.
    pub receiver: Receiver<R>,
}

/// Makes two channels, one each way, each for `capacity` messages; as two ends that both send and receive.
///
/// ```
/// use mp_runtime::{Duplex, duplex, process};
///
/// #[process]
/// fn lengths(peer: Duplex<usize, String>) {
///     while let Ok(text) = peer.recv() {
///         peer.send(text.len()).unwrap();
///     }
/// }
///
/// # fn main() {
/// let (here, there) = duplex::<String, usize>(4).unwrap();
/// let child = lengths::spawn(there).unwrap();
/// here.send("lucky".to_owned()).unwrap();
/// assert_eq!(here.recv().unwrap(), 5);
/// drop(here);
/// child.join().unwrap();
/// # }
/// ```
///
/// # Errors
///
/// As [`channel`].
///
/// # Panics
///
/// As [`channel`].
#[allow(clippy::type_complexity, reason = "two ends of two types are what it is")]
pub fn duplex<A, B>(capacity: usize) -> Result<(Duplex<A, B>, Duplex<B, A>), ChannelError>
where
    A: Serialize + DeserializeOwned,
    B: Serialize + DeserializeOwned,
{
    let (there, from_here) = channel(capacity)?;
    let (back, from_there) = channel(capacity)?;
    Ok((Duplex { sender: there, receiver: from_there }, Duplex { sender: back, receiver: from_here }))
}

impl<S: Serialize, R> Duplex<S, R> {
    /// Sends `value`; waits while there is no room. See [`Sender::send`].
    ///
    /// # Errors
    ///
    /// As [`Sender::send`].
    pub fn send(&self, value: S) -> Result<(), SendError<S>> {
        self.sender.send(value)
    }

    /// Sends `value` if there is room for it now.
    ///
    /// # Errors
    ///
    /// As [`Sender::try_send`].
    pub fn try_send(&self, value: S) -> Result<(), TrySendError<S>> {
        self.sender.try_send(value)
    }

    /// Sends `value`; waits while there is no room, but not longer than `timeout`.
    ///
    /// # Errors
    ///
    /// As [`Sender::send_timeout`].
    pub fn send_timeout(&self, value: S, timeout: Duration) -> Result<(), SendTimeoutError<S>> {
        self.sender.send_timeout(value, timeout)
    }
}

impl<S, R: DeserializeOwned> Duplex<S, R> {
    /// Receives a value; waits while there is none. See [`Receiver::recv`].
    ///
    /// # Errors
    ///
    /// As [`Receiver::recv`].
    pub fn recv(&self) -> Result<R, RecvError> {
        self.receiver.recv()
    }

    /// Receives a value if there is one now.
    ///
    /// # Errors
    ///
    /// As [`Receiver::try_recv`].
    pub fn try_recv(&self) -> Result<R, TryRecvError> {
        self.receiver.try_recv()
    }

    /// Receives a value; waits while there is none, but not longer than `timeout`.
    ///
    /// # Errors
    ///
    /// As [`Receiver::recv_timeout`].
    pub fn recv_timeout(&self, timeout: Duration) -> Result<R, RecvTimeoutError> {
        self.receiver.recv_timeout(timeout)
    }
}

impl<S, R> Serialize for Duplex<S, R> {
    fn serialize<Z: Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        (&self.sender, &self.receiver).serialize(serializer)
    }
}

impl<'de, S, R> Deserialize<'de> for Duplex<S, R> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (sender, receiver) = Deserialize::deserialize(deserializer)?;
        Ok(Duplex { sender, receiver })
    }
}
