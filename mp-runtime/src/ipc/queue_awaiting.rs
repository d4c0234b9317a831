//! A queue of work in a runtime of tokio. As in [`awaiting`](super::awaiting), nothing is lost with a future.

use std::future::poll_fn;
use std::task::{Poll, ready};

use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::task::coop;

use crate::ipc::awaiting::send;
use crate::ipc::delivery::Delivery;
use crate::ipc::errors::{RecvError, SendError};
use crate::ipc::link::Company;
use crate::ipc::patience::Patience;
use crate::ipc::queue::QueueReceiver;
use crate::ipc::queue_sender::QueueSender;
use crate::ipc::receiver::Missed;
use crate::ipc::sender::Unsent;
use crate::ipc::slumber::Slumber;
use crate::shm::roster::Side;

impl<T: DeserializeOwned> QueueReceiver<T> {
    /// Receives an item; waits while there is none, as a future of tokio.
    ///
    /// Dropped before it is ready, the future has received nothing.
    ///
    /// ```
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let (jobs, receiver) = mp_runtime::queue(4)?;
    /// jobs.send_async("sweep".to_owned()).await?;
    /// receiver.recv_async().await?.ack();
    /// jobs.join_async().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`QueueReceiver::recv`].
    ///
    /// # Panics
    ///
    /// As [`Receiver::recv_async`](crate::Receiver::recv_async).
    pub async fn recv_async(&self) -> Result<Delivery<T>, RecvError> {
        let me = self.end().here().map_err(RecvError::Failed)?;
        let ring = &self.end().link().ring;
        let mut slumber = Slumber::new(self.end().link(), Side::Receive, Company::All, me);
        let receive = poll_fn(|cx| {
            loop {
                // Before there is found to be nothing: what comes from then on is news.
                let news = ring.news();
                match self.fetch(Patience::Polled) {
                    Ok(item) => return Poll::Ready(Ok(item)),
                    Err(Missed::Disconnected) => return Poll::Ready(Err(RecvError::Disconnected)),
                    Err(Missed::Failed(error)) => return Poll::Ready(Err(RecvError::Failed(error))),
                    Err(Missed::HeldUp) => ready!(slumber.poll_turn(cx)),
                    Err(Missed::Empty) => {
                        ready!(slumber.poll(cx, || ring.news() != news))
                            .map_err(|errno| RecvError::Failed(errno.into()))?;
                    }
                }
            }
        });
        coop::cooperative(receive).await
    }
}

impl<T: Serialize> QueueSender<T> {
    /// Puts an item in; waits while the queue is full, as a future of tokio.
    ///
    /// Dropped before it is ready, the future has put nothing in, and has dropped the item with it.
    ///
    /// # Errors
    ///
    /// As [`QueueSender::send`].
    ///
    /// # Panics
    ///
    /// As [`Sender::send_async`](crate::Sender::send_async).
    pub async fn send_async(&self, item: T) -> Result<(), SendError<T>> {
        send(self.end(), Company::All, item, |item| self.deliver(item, Patience::Polled)).await
    }
}

impl<T> QueueSender<T> {
    /// Waits until every item put in so far is done, as a future of tokio.
    ///
    /// # Errors
    ///
    /// As [`QueueSender::join`].
    ///
    /// # Panics
    ///
    /// As [`Sender::send_async`](crate::Sender::send_async).
    pub async fn join_async(&self) -> Result<(), SendError<()>> {
        let failed = |error| SendError::Failed((), error);
        let me = self.end().here().map_err(failed)?;
        let ring = &self.end().link().ring;
        let tail = ring.tail();
        let mut slumber = Slumber::new(self.end().link(), Side::Send, Company::All, me);
        poll_fn(|cx| {
            loop {
                let news = ring.news();
                match self.is_done_up_to(tail, Patience::Polled) {
                    Ok(true) => return Poll::Ready(Ok(())),
                    Ok(false) => {
                        ready!(slumber.poll(cx, || ring.news() != news)).map_err(|errno| failed(errno.into()))?
                    }
                    Err(Unsent::HeldUp) => ready!(slumber.poll_turn(cx)),
                    Err(Unsent::Failed(error)) => return Poll::Ready(Err(failed(error))),
                    Err(_) => return Poll::Ready(Err(SendError::Disconnected(()))),
                }
            }
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::future::{Future, poll_fn};
    use std::pin::pin;
    use std::rc::Rc;
    use std::task::{Context, Waker};
    use std::time::Duration;

    use tokio::task::{LocalSet, spawn_local, yield_now};

    use crate::ipc::queue::queue;
    use crate::shm::turn::Verdict;
    use crate::sys::identity;

    #[test]
    fn a_sender_that_sleeps_finds_the_item_that_a_worker_has_left_done() {
        let (jobs, receiver) = queue(1).expect("memory is to be had");
        jobs.try_send(1).expect("there is room");
        let worker = receiver.clone();
        let job = worker.try_recv().expect("it is there");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("it can be built");
        runtime.block_on(async {
            let mut sent = pin!(jobs.send_async(2));
            assert!(sent.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
            let turn = receiver.end().link().ring.receiving(identity::current(), |_| Verdict::Again).expect("it waits");
            job.ack(); // and does not come to clearing it away
            drop(turn);
            drop(worker);
            tokio::time::timeout(Duration::from_secs(10), sent).await.expect("it is told").expect("there is room");
        });
    }

    #[test]
    fn a_join_that_is_held_up_looks_again_for_what_is_done() {
        let (jobs, receiver) = queue(1).expect("memory is to be had");
        jobs.try_send(1).expect("there is room");
        let job = receiver.try_recv().expect("it is there");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("it can be built");
        LocalSet::new().block_on(&runtime, async {
            let polls = Rc::new(Cell::new(0));
            let counted = Rc::clone(&polls);
            let joined = spawn_local(async move {
                let mut joined = pin!(jobs.join_async());
                poll_fn(|cx| {
                    counted.set(counted.get() + 1);
                    joined.as_mut().poll(cx)
                })
                .await
            });
            let polled = async |times| {
                while polls.get() < times {
                    yield_now().await;
                }
            };
            polled(1).await;
            let turn = receiver.end().link().ring.receiving(identity::current(), |_| Verdict::Again).expect("it waits");
            job.ack(); // and does not come to clearing it away; nor does the other
            polled(2).await;
            drop(turn);
            let joined = tokio::time::timeout(Duration::from_secs(10), joined).await.expect("it has looked again");
            joined.expect("it does not panic").expect("all is done");
        });
    }
}
