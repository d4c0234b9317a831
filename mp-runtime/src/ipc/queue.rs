//! A queue of work, in which an item is done only when somebody says so.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::ipc::buffer;
use crate::ipc::channel::ends;
use crate::ipc::delivery::Delivery;
use crate::ipc::end::End;
use crate::ipc::errors::{ChannelError, RecvError, RecvTimeoutError, TryRecvError};
use crate::ipc::link::{Company, Link};
use crate::ipc::patience::{Patience, hindered};
use crate::ipc::queue_sender::QueueSender;
use crate::ipc::receiver::Missed;
use crate::ipc::sender::Unsent;
use crate::shm::roster::Side;
use crate::sys::identity::Identity;

/// Where work is taken from a [`queue`].
pub struct QueueReceiver<T> {
    /// Shared with the items that are being worked on: while there is one, this process has not left.
    end: Arc<End>,
    _receives: PhantomData<fn() -> T>,
}

/// Makes a queue of work for up to `capacity` items.
///
/// An item is received by one worker, as a [`Delivery`], and stays in the queue until that is
/// [acknowledged](Delivery::ack). If the worker dies before it does, or drops the item, another gets it; it is told how many
/// [attempts](Delivery::attempt) that makes. So each item is done at least once, and a worker that is
/// killed after the work and before it said so is why it can be more.
///
/// Items may be done in any order, but they leave the queue in the order in which they were put in: one that is done stays, and counts, until
/// all before it are done. So one that takes long holds up the senders as soon as there are `capacity` items from it on, although all
/// others are done and their workers idle. Make the capacity as large as what may overtake the longest.
///
/// ```
/// use mp_runtime::{QueueReceiver, process, queue};
///
/// #[process]
/// fn work(jobs: QueueReceiver<u32>) -> u32 {
///     let mut sum = 0;
///     while let Ok(job) = jobs.recv() {
///         if *job == 3 && job.attempt() == 1 {
///             std::process::abort();
///         }
///         sum += *job;
///         job.ack();
///     }
///     sum
/// }
///
/// # fn main() {
/// let (jobs, receiver) = queue(16).unwrap();
/// let unlucky = work::spawn(receiver.clone()).unwrap();
/// (1..=4).for_each(|job| jobs.send(job).unwrap());
/// assert!(unlucky.join().is_err());
///
/// let worker = work::spawn(receiver).unwrap();
/// jobs.join().unwrap(); // all four are done
/// drop(jobs); // there will be no more
/// assert_eq!(worker.join().unwrap(), 3 + 4);
/// # }
/// ```
///
/// Items are written to the memory of the queue, which is as large as that of a [`channel`](crate::channel()); they may not be
/// larger than half of it, and cannot hold descriptors or ends, of which there is no second copy.
///
/// # Errors
///
/// When there is no memory for it, or no descriptor.
///
/// # Panics
///
/// If `capacity` is 0, or more than 8 million.
pub fn queue<T: Serialize + DeserializeOwned>(
    capacity: usize,
) -> Result<(QueueSender<T>, QueueReceiver<T>), ChannelError> {
    let (send, receive) = ends(capacity, None)?;
    Ok((QueueSender::new(send), QueueReceiver { end: Arc::new(receive), _receives: PhantomData }))
}

#[cfg(any(test, feature = "tokio"))]
impl<T> QueueReceiver<T> {
    pub(crate) fn end(&self) -> &End {
        &self.end
    }
}

impl<T: DeserializeOwned> QueueReceiver<T> {
    /// Receives an item; waits while there is none, also for one that another worker has and may not finish.
    ///
    /// # Errors
    ///
    /// When every item is done and every sender is gone; when this end was not moved into this process; when serde cannot
    /// read the item, which is gone then.
    pub fn recv(&self) -> Result<Delivery<T>, RecvError> {
        self.fetch(Patience::Until(None)).map_err(|missed| match missed {
            Missed::Failed(error) => RecvError::Failed(error),
            Missed::Empty | Missed::HeldUp | Missed::Disconnected => RecvError::Disconnected,
        })
    }

    /// Receives an item if there is one now.
    ///
    /// # Errors
    ///
    /// When there is none; and as [`QueueReceiver::recv`].
    pub fn try_recv(&self) -> Result<Delivery<T>, TryRecvError> {
        self.fetch(Patience::Never).map_err(|missed| match missed {
            Missed::Empty | Missed::HeldUp => TryRecvError::Empty,
            Missed::Disconnected => TryRecvError::Disconnected,
            Missed::Failed(error) => TryRecvError::Failed(error),
        })
    }

    /// Receives an item; waits while there is none, but not longer than `timeout`.
    ///
    /// # Errors
    ///
    /// When there was none in time; and as [`QueueReceiver::recv`].
    pub fn recv_timeout(&self, timeout: Duration) -> Result<Delivery<T>, RecvTimeoutError> {
        self.fetch(Patience::of(timeout)).map_err(|missed| match missed {
            Missed::Empty | Missed::HeldUp => RecvTimeoutError::Timeout,
            Missed::Disconnected => RecvTimeoutError::Disconnected,
            Missed::Failed(error) => RecvTimeoutError::Failed(error),
        })
    }

    pub(crate) fn fetch(&self, patience: Patience) -> Result<Delivery<T>, Missed> {
        let me = self.end.here()?;
        let link = self.end.link();
        let is_gone =
            |who: Identity| !link.ring.roster().holders(Side::Receive).any(|holder| holder == who) && who.has_ended();
        buffer::with(|bytes| {
            loop {
                let news = link.ring.news();
                let open = link.is_attended(Side::Send);
                let turn = link.ring.receiving(me, hindered(patience));
                #[cfg(feature = "tokio")]
                if turn.is_none()
                    && let Patience::Polled = patience
                {
                    return Err(Missed::HeldUp);
                }
                if let Some(turn) = turn {
                    let cleared = turn.clear().map_err(ChannelError::from)?;
                    let taken = turn.take_one(me, is_gone, bytes).map_err(ChannelError::from)?;
                    drop(turn);
                    if cleared {
                        tell_cleared(link);
                    }
                    if let Some(taken) = taken {
                        return Ok(Delivery::new(Arc::clone(&self.end), taken, bytes)?);
                    }
                }
                if !open && !link.ring.has_message() {
                    return Err(Missed::Disconnected);
                }
                #[cfg(feature = "tokio")]
                if let Patience::Polled = patience {
                    return Err(Missed::Empty);
                }
                let Patience::Until(deadline) = patience else {
                    // Nobody has waited, so perhaps nobody has noticed who of them has died.
                    let _ = (link.is_alive(Side::Send, me), link.is_alive(Side::Receive, me));
                    if link.ring.news() == news {
                        return Err(Missed::Empty);
                    }
                    continue;
                };
                let ready = || link.ring.news() != news;
                if !link.wait(Side::Receive, Company::All, me, deadline, ready)? {
                    return Err(Missed::Empty);
                }
            }
        })
    }
}

/// Clears away what is done at the front; whether there was something. For whoever waits for that: a worker can be killed between saying that
/// an item is done and clearing it away, or have left that to another one.
///
/// Held up when it is another's turn, who does not get on. Then it is not known whether there is something, and that one may not clear away
/// what comes to be done while he has the turn; nor tell of it. So try again.
pub(crate) fn clear(link: &Link, me: Identity, patience: Patience) -> Result<bool, Unsent> {
    let Some(turn) = link.ring.receiving(me, hindered(patience)) else { return Err(Unsent::HeldUp) };
    let cleared = turn.clear().map_err(ChannelError::from)?;
    drop(turn);
    if cleared {
        tell_cleared(link);
    }
    Ok(cleared)
}

/// Tells that items were cleared away. If they were the last, those who wait for one to come back need not any more: who said
/// that it was done could not tell them, while it was still there.
pub(crate) fn tell_cleared(link: &Link) {
    link.wake(Side::Send);
    if !link.ring.has_message() {
        link.wake(Side::Receive);
    }
}

impl<T> Clone for QueueReceiver<T> {
    /// Makes another receiver of the same queue. Each item is received by one of them.
    fn clone(&self) -> Self {
        QueueReceiver { end: Arc::new(self.end.deref().clone()), _receives: PhantomData }
    }
}

impl<T> Drop for QueueReceiver<T> {
    /// Moved into another process while an item is worked on here, it goes there all the same.
    fn drop(&mut self) {
        if Arc::strong_count(&self.end) > 1 {
            self.end.part();
        }
    }
}

impl<T> fmt::Debug for QueueReceiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QueueReceiver").field("len", &self.end.link().ring.length()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ipc::stand_in;
    use crate::shm::turn::Verdict;
    use crate::sys::identity;

    #[test]
    fn worker_that_sleeps_learns_that_the_last_item_is_done() {
        for is_cleared_by_another in [true, false] {
            let (jobs, receiver) = queue::<u32>(4).expect("memory is to be had");
            jobs.send(1).expect("there is room");
            drop(jobs);
            let (sleeper, link) = (receiver.clone(), receiver.end.link());
            let turn = || link.ring.receiving(identity::current(), |_| Verdict::Again).expect("it waits");
            let mut bytes = Vec::new();
            let taken = turn().take_one(identity::current(), |_| false, &mut bytes).expect("it is whole");
            let taken = taken.expect("it is there");
            let told = stand_in::sleeper(link, Side::Receive, move || sleeper.recv().is_err());
            if is_cleared_by_another {
                // The worker does not come to clearing it away.
                link.ring.finish(taken);
                assert!(matches!(receiver.try_recv(), Err(TryRecvError::Disconnected)));
            } else {
                // Somebody is held up in a turn to receive meanwhile, and then gives it back without another look.
                let job = Delivery::<u32>::new(Arc::clone(&receiver.end), taken, &bytes).expect("it is a number");
                let turn = turn();
                job.ack();
                drop(turn);
            }
            assert_eq!(told.recv_timeout(Duration::from_secs(10)), Ok(true));
        }
    }

    #[test]
    fn item_that_is_done_and_was_not_cleared_away_keeps_nobody_from_sending() {
        let (jobs, receiver) = queue(2).expect("memory is to be had");
        (1..=2).for_each(|job| jobs.send(job).expect("there is room"));
        let (first, _second) = (receiver.recv().expect("it is there"), receiver.recv().expect("it is there"));
        let turn = receiver.end.link().ring.receiving(identity::current(), |_| Verdict::Again).expect("it waits");
        first.ack();
        drop(turn);
        jobs.try_send(3).expect("one of two is done");
        assert!(jobs.try_send(4).is_err());
    }
}
