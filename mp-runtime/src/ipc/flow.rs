//! The ends of a channel as a stream and as a sink, of the traits that the libraries of futures share.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use futures_sink::Sink;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::task::coop;

use crate::ipc::awaiting::poll_send;
use crate::ipc::errors::{ChannelError, RecvError, SendError};
use crate::ipc::link::Company;
use crate::ipc::patience::Patience;
use crate::ipc::receiver::Receiver;
use crate::ipc::sender::Sender;
use crate::ipc::slumber::Slumber;
use crate::shm::roster::Side;

/// The values of a channel, as a stream. See [`Receiver::stream`].
pub struct RecvStream<'c, T> {
    receiver: &'c Receiver<T>,
    slumber: Slumber<'c>,
}

/// The way into a channel, as a sink. See [`Sender::sink`].
///
/// It holds one value, from when that is given to it until there is room for it. Dropped before a flush, it has dropped that value.
pub struct SendSink<'c, T> {
    sender: &'c Sender<T>,
    slumber: Slumber<'c>,
    value: Option<T>,
}

impl<T: DeserializeOwned> Receiver<T> {
    /// The values as a stream, which ends when every sender is gone. Dropped, it has lost none.
    ///
    /// ```
    /// use futures_util::StreamExt;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let (sender, receiver) = mp_runtime::channel(8)?;
    /// (0..3).try_for_each(|number| sender.send(number))?;
    /// drop(sender);
    /// let even = receiver.stream()?.filter_map(async |number| number.ok().filter(|number| number % 2 == 0));
    /// assert_eq!(even.collect::<Vec<i32>>().await, [0, 2]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// When this end was not moved into this process. The stream's items are errors where those of [`Receiver::recv`] are, but for its end.
    ///
    /// # Panics
    ///
    /// The stream, as [`Receiver::recv_async`].
    pub fn stream(&self) -> Result<RecvStream<'_, T>, ChannelError> {
        let me = self.end().here()?;
        let slumber = Slumber::new(self.end().link(), Side::Receive, Company::Others, me);
        Ok(RecvStream { receiver: self, slumber })
    }
}

impl<T: Serialize> Sender<T> {
    /// The way into the channel as a sink.
    ///
    /// ```
    /// use futures_util::{SinkExt, stream};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let (sender, receiver) = mp_runtime::channel(8)?;
    /// sender.sink()?.send_all(&mut stream::iter([Ok(3), Ok(4)])).await?;
    /// drop(sender);
    /// assert_eq!(receiver.iter().sum::<i32>(), 7);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// When this end was not moved into this process. The sink's errors are those of [`Sender::send`].
    ///
    /// # Panics
    ///
    /// The sink, as [`Sender::send_async`].
    pub fn sink(&self) -> Result<SendSink<'_, T>, ChannelError> {
        let me = self.end().here()?;
        let slumber = Slumber::new(self.end().link(), Side::Send, Company::Others, me);
        Ok(SendSink { sender: self, slumber, value: None })
    }
}

impl<T: DeserializeOwned> Stream for RecvStream<'_, T> {
    type Item = Result<T, ChannelError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let RecvStream { receiver, slumber } = self.get_mut();
        let next = pin!(coop::cooperative(poll_fn(|cx| receiver.poll_recv(cx, slumber)))).poll(cx);
        next.map(|received| match received {
            Ok(value) => Some(Ok(value)),
            Err(RecvError::Disconnected) => None,
            Err(RecvError::Failed(error)) => Some(Err(error)),
        })
    }
}

// What is in them is not pinned, whatever `T` is.
impl<T> Unpin for SendSink<'_, T> {}

impl<T: Serialize> Sink<T> for SendSink<'_, T> {
    type Error = SendError<T>;

    fn poll_ready(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SendError<T>>> {
        self.poll_flush(cx)
    }

    fn start_send(self: Pin<&mut Self>, value: T) -> Result<(), SendError<T>> {
        self.get_mut().value = Some(value);
        Ok(())
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SendError<T>>> {
        let SendSink { sender, slumber, value: kept } = self.get_mut();
        let Some(value) = kept.as_ref() else { return Poll::Ready(Ok(())) };
        let send = || sender.deliver(value, Patience::Polled);
        let sent = ready!(pin!(coop::cooperative(poll_fn(|cx| poll_send(cx, slumber, send)))).poll(cx));
        let value = kept.take();
        Poll::Ready(match (sent, value) {
            (Err(Some(error)), Some(value)) => Err(SendError::Failed(value, error)),
            (Err(None), Some(value)) => Err(SendError::Disconnected(value)),
            _ => Ok(()),
        })
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SendError<T>>> {
        self.poll_flush(cx)
    }
}

impl<T> fmt::Debug for RecvStream<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecvStream").field("receiver", self.receiver).finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for SendSink<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keeps = self.value.is_some();
        f.debug_struct("SendSink").field("sender", self.sender).field("keeps", &keeps).finish_non_exhaustive()
    }
}
