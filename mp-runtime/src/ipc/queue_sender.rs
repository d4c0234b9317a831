//! The sending end of a queue of work.

use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

use serde::Serialize;

use crate::ipc::end::End;
use crate::ipc::errors::{ChannelError, SendError, SendTimeoutError, TrySendError};
use crate::ipc::link::Company;
use crate::ipc::patience::Patience;
use crate::ipc::post::{Beside, post};
use crate::ipc::sender::Unsent;
use crate::ipc::{buffer, parcel, queue};
use crate::shm::cursor::Cursor;
use crate::shm::ledger::NEW;
use crate::shm::packet::Packet;
use crate::shm::roster::Side;

/// Where work is put into a [`queue`](crate::queue()).
pub struct QueueSender<T> {
    end: End,
    _sends: PhantomData<fn(T)>,
}

impl<T: Serialize> QueueSender<T> {
    /// Puts an item in; waits while the queue is full, of items that are not done or stand behind one that is not.
    ///
    /// # Errors
    ///
    /// When every receiver is gone; when this end was not moved into this process; when serde refuses the item, or it is
    /// too large.
    pub fn send(&self, item: T) -> Result<(), SendError<T>> {
        match self.deliver(&item, Patience::Until(None)) {
            Ok(()) => Ok(()),
            Err(Unsent::Failed(error)) => Err(SendError::Failed(item, error)),
            Err(Unsent::Full | Unsent::HeldUp | Unsent::Disconnected) => Err(SendError::Disconnected(item)),
        }
    }

    /// Puts an item in if there is room for it now.
    ///
    /// # Errors
    ///
    /// When there is none; and as [`QueueSender::send`].
    pub fn try_send(&self, item: T) -> Result<(), TrySendError<T>> {
        match self.deliver(&item, Patience::Never) {
            Ok(()) => Ok(()),
            Err(Unsent::Full | Unsent::HeldUp) => Err(TrySendError::Full(item)),
            Err(Unsent::Disconnected) => Err(TrySendError::Disconnected(item)),
            Err(Unsent::Failed(error)) => Err(TrySendError::Failed(item, error)),
        }
    }

    /// Puts an item in; waits while the queue is full, but not longer than `timeout`.
    ///
    /// # Errors
    ///
    /// When there was no room in time; and as [`QueueSender::send`].
    pub fn send_timeout(&self, item: T, timeout: Duration) -> Result<(), SendTimeoutError<T>> {
        match self.deliver(&item, Patience::of(timeout)) {
            Ok(()) => Ok(()),
            Err(Unsent::Full | Unsent::HeldUp) => Err(SendTimeoutError::Timeout(item)),
            Err(Unsent::Disconnected) => Err(SendTimeoutError::Disconnected(item)),
            Err(Unsent::Failed(error)) => Err(SendTimeoutError::Failed(item, error)),
        }
    }

    pub(crate) fn deliver(&self, item: &T, patience: Patience) -> Result<(), Unsent> {
        let me = self.end.here()?;
        buffer::with(|bytes| {
            if !parcel::pack(item, bytes)?.is_empty() {
                return Err(ChannelError::of_value("descriptors and ends cannot wait in a queue").into());
            }
            let link = self.end.link();
            let fitting = |packet: &Packet| packet.size() <= link.ring.longest();
            let packet = Packet::plain(bytes.len()).map(|packet| Packet { enclosed: true, ..packet }).filter(fitting);
            let packet = packet.ok_or(ChannelError::of_value("it is larger than half of the queue's memory"))?;
            post(link, me, patience, packet, bytes, Beside::Word(NEW))
        })
    }
}

impl<T> QueueSender<T> {
    pub(crate) fn new(end: End) -> Self {
        QueueSender { end, _sends: PhantomData }
    }

    /// Waits until every item put in so far is done.
    ///
    /// # Errors
    ///
    /// When every receiver is gone before that, or this end was not moved into this process.
    pub fn join(&self) -> Result<(), SendError<()>> {
        match self.wait(Patience::Until(None)) {
            Ok(()) => Ok(()),
            Err(Unsent::Failed(error)) => Err(SendError::Failed((), error)),
            Err(Unsent::Full | Unsent::HeldUp | Unsent::Disconnected) => Err(SendError::Disconnected(())),
        }
    }

    /// Waits until every item put in so far is done, but not longer than `timeout`.
    ///
    /// ```
    /// use std::time::Duration;
    /// use mp_runtime::{SendTimeoutError, queue};
    ///
    /// let (jobs, receiver) = queue(4).unwrap();
    /// jobs.send(1).unwrap();
    /// let error = jobs.join_timeout(Duration::from_millis(1)).unwrap_err();
    /// assert!(matches!(error, SendTimeoutError::Timeout(())));
    /// receiver.recv().unwrap().ack();
    /// jobs.join_timeout(Duration::from_secs(10)).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// When that took longer; and as [`QueueSender::join`].
    pub fn join_timeout(&self, timeout: Duration) -> Result<(), SendTimeoutError<()>> {
        match self.wait(Patience::of(timeout)) {
            Ok(()) => Ok(()),
            Err(Unsent::Full | Unsent::HeldUp) => Err(SendTimeoutError::Timeout(())),
            Err(Unsent::Disconnected) => Err(SendTimeoutError::Disconnected(())),
            Err(Unsent::Failed(error)) => Err(SendTimeoutError::Failed((), error)),
        }
    }

    fn wait(&self, patience: Patience) -> Result<(), Unsent> {
        let me = self.end.here()?;
        let link = self.end.link();
        let tail = link.ring.tail();
        let deadline = if let Patience::Until(deadline) = patience { deadline } else { None };
        loop {
            let news = link.ring.news();
            if self.is_done_up_to(tail, patience)? {
                return Ok(());
            }
            let ready = || link.ring.news() != news;
            if !link.wait(Side::Send, Company::All, me, deadline, ready)? {
                return Err(Unsent::Full);
            }
        }
    }

    /// Whether all items are done that lie before `tail`.
    pub(crate) fn is_done_up_to(&self, tail: Cursor, patience: Patience) -> Result<bool, Unsent> {
        let (me, link) = (self.end.here()?, self.end.link());
        let is_done = || link.ring.is_read_up_to(tail);
        let look = || {
            if is_done() {
                return Ok(true);
            }
            // Also if it is another that clears just now.
            queue::clear(link, me, patience)?;
            Ok::<bool, Unsent>(is_done())
        };
        if look()? {
            return Ok(true);
        }
        #[cfg(test)]
        tests::BEFORE_IT_LOOKS_FOR_WORKERS.take().into_iter().for_each(|act| act());
        if link.is_attended(Side::Receive) {
            return Ok(false);
        }
        // Once more: what the last worker has done, it has before it was gone.
        if look()? { Ok(true) } else { Err(Unsent::Disconnected) }
    }

    #[cfg(feature = "tokio")]
    pub(crate) fn end(&self) -> &End {
        &self.end
    }

    /// How many items are in the queue: those that are not done, and those that are and stand behind one that is not.
    pub fn len(&self) -> usize {
        self.end.link().ring.length()
    }

    /// Whether every item is done.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<T> Clone for QueueSender<T> {
    /// Makes another sender of the same queue.
    fn clone(&self) -> Self {
        QueueSender { end: self.end.clone(), _sends: PhantomData }
    }
}

impl<T> fmt::Debug for QueueSender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QueueSender").field("len", &self.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::sync::mpsc;

    use super::*;
    use crate::ipc::queue::{QueueReceiver, queue};
    use crate::ipc::stand_in::{self, StandIn};
    use crate::shm::memory::Mapped;
    use crate::shm::ring::Receiving;
    use crate::shm::turn::Verdict;
    use crate::sys::identity;

    thread_local! {
        /// What the others do while somebody waits until all is done.
        pub(super) static BEFORE_IT_LOOKS_FOR_WORKERS: Cell<Option<Box<dyn FnOnce()>>> = const { Cell::new(None) };
    }

    #[test]
    fn all_is_done_also_when_the_last_worker_leaves_meanwhile() {
        let (jobs, receiver) = queue(4).expect("memory is to be had");
        jobs.send(1).expect("there is room");
        let job = receiver.recv().expect("it is there");
        BEFORE_IT_LOOKS_FOR_WORKERS.set(Some(Box::new(|| {
            job.ack();
            drop(receiver);
        })));
        jobs.join().expect("all is done");
    }

    fn turn(receiver: &QueueReceiver<u32>) -> Receiving<'_, Mapped> {
        let ring = &receiver.end().link().ring;
        ring.receiving(identity::current(), |_| Verdict::Again).expect("it waits")
    }

    /// A thread that does something with a sender, and sleeps over it by now; tells when it has done it.
    fn sleeper(jobs: &QueueSender<u32>, act: fn(&QueueSender<u32>)) -> mpsc::Receiver<()> {
        let theirs = jobs.clone();
        stand_in::sleeper(jobs.end.link(), Side::Send, move || act(&theirs))
    }

    const ACTS: [fn(&QueueSender<u32>); 2] =
        [|jobs| jobs.send(2).expect("there is room"), |jobs| jobs.join().expect("all is done")];

    #[test]
    fn one_who_sleeps_finds_what_another_sender_has_cleared_away_who_was_killed_before_he_told_it() {
        for act in ACTS {
            let (jobs, receiver) = queue(1).expect("memory is to be had");
            let (ring, me) = (&receiver.end().link().ring, identity::current());
            let other = StandIn::new();
            ring.roster().take(Side::Send, other.name).expect("there are places");
            jobs.send(1).expect("there is room");
            let told = sleeper(&jobs, act);
            let taken = turn(&receiver).take_one(me, |_| false, &mut Vec::new()).expect("it is whole");
            ring.finish(taken.expect("it is there"));
            assert_eq!(turn(&receiver).clear(), Ok(true));
            drop(other);
            told.recv_timeout(Duration::from_secs(10)).expect("it is told of the end of the other");
        }
    }

    #[test]
    fn one_who_is_held_up_looks_again_for_what_is_done() {
        for act in ACTS {
            let (jobs, receiver) = queue(1).expect("memory is to be had");
            jobs.send(1).expect("there is room");
            let job = receiver.recv().expect("it is there");
            let told = sleeper(&jobs, act);
            // Somebody has the turn while it is said that the item is done, and gives it back without another look.
            let turn = turn(&receiver);
            job.ack();
            assert!(told.recv_timeout(Duration::from_millis(50)).is_err());
            drop(turn);
            told.recv_timeout(Duration::from_secs(10)).expect("it has looked again");
        }
    }
}
