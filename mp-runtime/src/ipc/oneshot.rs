//! A channel for one value.

use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::ipc::channel::channel;
use crate::ipc::errors::{ChannelError, RecvError, RecvTimeoutError, SendError, TryRecvError};
use crate::ipc::receiver::Receiver;
use crate::ipc::sender::Sender;

/// The sending end of a [`oneshot`].
#[derive(Debug)]
pub struct OnceSender<T>(Sender<T>);

/// The receiving end of a [`oneshot`].
#[derive(Debug)]
pub struct OnceReceiver<T>(Receiver<T>);

/// Makes a channel for one value: an answer, say, whose sender goes along with the question.
///
/// ```
/// use mp_runtime::{OnceSender, Receiver, channel, oneshot, process};
///
/// #[process]
/// fn square(questions: Receiver<(u32, OnceSender<u32>)>) {
///     for (number, answer) in questions {
///         answer.send(number * number).unwrap();
///     }
/// }
///
/// # fn main() {
/// let (questions, receiver) = channel(4).unwrap();
/// let child = square::spawn(receiver).unwrap();
/// let (sender, answer) = oneshot().unwrap();
/// questions.send((12, sender)).unwrap();
/// assert_eq!(answer.recv().unwrap(), 144);
/// drop(questions);
/// child.join().unwrap();
/// # }
/// ```
///
/// # Errors
///
/// As [`channel`].
pub fn oneshot<T: Serialize + DeserializeOwned>() -> Result<(OnceSender<T>, OnceReceiver<T>), ChannelError> {
    let (sender, receiver) = channel(1)?;
    Ok((OnceSender(sender), OnceReceiver(receiver)))
}

impl<T: Serialize> OnceSender<T> {
    /// Sends the value. It does not wait: there is room.
    ///
    /// # Errors
    ///
    /// As [`Sender::send`].
    pub fn send(self, value: T) -> Result<(), SendError<T>> {
        self.0.send(value)
    }
}

impl<T> OnceReceiver<T> {
    /// The receiver, for a [`Select`](crate::Select).
    ///
    /// ```
    /// let (sender, answer) = mp_runtime::oneshot().unwrap();
    /// sender.send(3).unwrap();
    /// let mut select = mp_runtime::Select::new();
    /// let number = select.recv(answer.receiver());
    /// assert_eq!(select.ready(), number);
    /// assert_eq!(answer.try_recv().unwrap(), 3);
    /// ```
    pub fn receiver(&self) -> &Receiver<T> {
        &self.0
    }
}

impl<T: DeserializeOwned> OnceReceiver<T> {
    /// Receives the value; waits for it.
    ///
    /// # Errors
    ///
    /// As [`Receiver::recv`]: also when the sender was dropped, or its process has ended, without sending.
    pub fn recv(self) -> Result<T, RecvError> {
        self.0.recv()
    }

    /// Receives the value if it is there. Afterwards it is `Disconnected`.
    ///
    /// # Errors
    ///
    /// As [`Receiver::try_recv`].
    pub fn try_recv(&self) -> Result<T, TryRecvError> {
        self.0.try_recv()
    }

    /// Receives the value; waits for it, but not longer than `timeout`.
    ///
    /// # Errors
    ///
    /// As [`Receiver::recv_timeout`].
    pub fn recv_timeout(&self, timeout: Duration) -> Result<T, RecvTimeoutError> {
        self.0.recv_timeout(timeout)
    }
}

impl<T> Serialize for OnceSender<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de, T> Deserialize<'de> for OnceSender<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Sender::deserialize(deserializer).map(OnceSender)
    }
}

impl<T> Serialize for OnceReceiver<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de, T> Deserialize<'de> for OnceReceiver<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Receiver::deserialize(deserializer).map(OnceReceiver)
    }
}
