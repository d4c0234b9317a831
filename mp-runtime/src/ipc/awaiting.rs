//! The ends of channels in a runtime of tokio.
//!
//! What a future does, it does whole while it is polled, and is ready then: it can be dropped at any time, and neither a message is lost
//! with it nor a part of one sent.

use std::future::poll_fn;
use std::task::{Context, Poll, ready};

use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::task::coop;

use crate::ipc::duplex::Duplex;
use crate::ipc::end::End;
use crate::ipc::errors::{ChannelError, RecvError, SendError};
use crate::ipc::link::Company;
use crate::ipc::oneshot::OnceReceiver;
use crate::ipc::patience::Patience;
use crate::ipc::receiver::{Missed, Receiver};
use crate::ipc::sender::{Sender, Unsent};
use crate::ipc::slumber::Slumber;
use crate::shm::roster::Side;

impl<T: DeserializeOwned> Receiver<T> {
    /// Receives a value; waits while the channel is empty, as a future of tokio.
    ///
    /// Dropped before it is ready, the future has received nothing: no message is lost with it.
    ///
    /// ```
    /// use mp_runtime::{Sender, channel, process};
    ///
    /// #[process(start = forkserver)]
    /// fn count(numbers: Sender<u32>) {
    ///     (0..3).for_each(|number| numbers.send(number).unwrap());
    /// }
    ///
    /// #[tokio::main]
    /// async fn main() -> Result<(), Box<dyn std::error::Error>> {
    ///     let (sender, numbers) = channel(8)?;
    ///     let child = count::spawn(sender)?;
    ///     let mut sum = 0;
    ///     while let Ok(number) = numbers.recv_async().await {
    ///         sum += number;
    ///     }
    ///     assert_eq!(sum, 3);
    ///     Ok(child.await?)
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Receiver::recv`].
    ///
    /// # Panics
    ///
    /// When it has to wait outside of a runtime of tokio, or in one without descriptors and timers (see
    /// `tokio::runtime::Builder::enable_all`).
    pub async fn recv_async(&self) -> Result<T, RecvError> {
        let me = self.end().here().map_err(RecvError::Failed)?;
        let mut slumber = Slumber::new(self.end().link(), Side::Receive, Company::Others, me);
        coop::cooperative(poll_fn(|cx| self.poll_recv(cx, &mut slumber))).await
    }

    /// As [`recv_async`](Receiver::recv_async). One that sleeps does so in `slumber`.
    pub(crate) fn poll_recv(&self, cx: &mut Context<'_>, slumber: &mut Slumber<'_>) -> Poll<Result<T, RecvError>> {
        let ring = &self.end().link().ring;
        loop {
            match self.fetch(Patience::Polled) {
                Ok(value) => return Poll::Ready(Ok(value)),
                Err(Missed::Disconnected) => return Poll::Ready(Err(RecvError::Disconnected)),
                Err(Missed::Failed(error)) => return Poll::Ready(Err(RecvError::Failed(error))),
                Err(Missed::HeldUp) => ready!(slumber.poll_turn(cx)),
                Err(Missed::Empty) => {
                    ready!(slumber.poll(cx, || ring.has_message())).map_err(|errno| RecvError::Failed(errno.into()))?;
                    // In this order: what the last sender has sent, it has before it was gone.
                    if !slumber.has_company() && !ring.has_message() {
                        self.forget_descriptors();
                        return Poll::Ready(Err(RecvError::Disconnected));
                    }
                }
            }
        }
    }
}

impl<T: Serialize> Sender<T> {
    /// Sends `value`; waits while the channel is full, as a future of tokio.
    ///
    /// Dropped before it is ready, the future has sent nothing, and has dropped the value with it.
    ///
    /// ```
    /// use mp_runtime::{Receiver, channel, process};
    ///
    /// #[process(start = forkserver)]
    /// fn sum(numbers: Receiver<u32>) -> u32 {
    ///     numbers.into_iter().sum()
    /// }
    ///
    /// #[tokio::main]
    /// async fn main() -> Result<(), Box<dyn std::error::Error>> {
    ///     let (numbers, receiver) = channel(1)?;
    ///     let child = sum::spawn(receiver)?;
    ///     for number in 0..100 {
    ///         numbers.send_async(number).await?;
    ///     }
    ///     drop(numbers);
    ///     assert_eq!(child.await?, 4950);
    ///     Ok(())
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Sender::send`].
    ///
    /// # Panics
    ///
    /// When it has to wait outside of a runtime of tokio, or in one without descriptors and timers (see
    /// `tokio::runtime::Builder::enable_all`).
    pub async fn send_async(&self, value: T) -> Result<(), SendError<T>> {
        send(self.end(), Company::Others, value, |value| self.deliver(value, Patience::Polled)).await
    }
}

/// Sends `value` by `deliver`, as soon as those in `company` have made room at `end`.
pub(crate) async fn send<T>(
    end: &End,
    company: Company,
    value: T,
    deliver: impl Fn(&T) -> Result<(), Unsent>,
) -> Result<(), SendError<T>> {
    let me = match end.here() {
        Ok(me) => me,
        Err(error) => return Err(SendError::Failed(value, error)),
    };
    let mut slumber = Slumber::new(end.link(), Side::Send, company, me);
    match coop::cooperative(poll_fn(|cx| poll_send(cx, &mut slumber, || deliver(&value)))).await {
        Ok(()) => Ok(()),
        Err(Some(error)) => Err(SendError::Failed(value, error)),
        Err(None) => Err(SendError::Disconnected(value)),
    }
}

/// Sends by `send`, as soon as there is room. Without an error, the receivers are gone.
///
/// Polled again, it tries only when there may be room: a value that has an end of this very channel in it, tried in vain, wakes who waits there.
pub(crate) fn poll_send(
    cx: &mut Context<'_>,
    slumber: &mut Slumber<'_>,
    mut send: impl FnMut() -> Result<(), Unsent>,
) -> Poll<Result<(), Option<ChannelError>>> {
    loop {
        ready!(slumber.poll_room(cx)).map_err(|errno| Some(errno.into()))?;
        // Before it is found to be full: what is received from then on makes room.
        let room = slumber.room();
        match send() {
            Ok(()) => return Poll::Ready(Ok(())),
            Err(Unsent::Disconnected) => return Poll::Ready(Err(None)),
            Err(Unsent::Failed(error)) => return Poll::Ready(Err(Some(error))),
            Err(Unsent::HeldUp) => ready!(slumber.poll_turn(cx)),
            Err(Unsent::Full) => slumber.note_full(room),
        }
    }
}

impl<T: DeserializeOwned> OnceReceiver<T> {
    /// Receives the value; waits for it, as a future of tokio.
    ///
    /// ```
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let (sender, answer) = mp_runtime::oneshot()?;
    /// sender.send(3)?;
    /// assert_eq!(answer.recv_async().await?, 3);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`OnceReceiver::recv`].
    ///
    /// # Panics
    ///
    /// As [`Receiver::recv_async`].
    pub async fn recv_async(self) -> Result<T, RecvError> {
        self.receiver().recv_async().await
    }
}

impl<S: Serialize, R> Duplex<S, R> {
    /// Sends `value`; waits while there is no room, as a future of tokio. See [`Sender::send_async`].
    ///
    /// # Errors
    ///
    /// As [`Sender::send`].
    ///
    /// # Panics
    ///
    /// As [`Sender::send_async`].
    pub async fn send_async(&self, value: S) -> Result<(), SendError<S>> {
        self.sender.send_async(value).await
    }
}

impl<S, R: DeserializeOwned> Duplex<S, R> {
    /// Receives a value; waits while there is none, as a future of tokio. See [`Receiver::recv_async`].
    ///
    /// # Errors
    ///
    /// As [`Receiver::recv`].
    ///
    /// # Panics
    ///
    /// As [`Receiver::recv_async`].
    pub async fn recv_async(&self) -> Result<R, RecvError> {
        self.receiver.recv_async().await
    }
}
