//! An item of work, in the hands of one worker.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use serde::de::DeserializeOwned;

use crate::ipc::end::End;
use crate::ipc::errors::ChannelError;
use crate::ipc::link::Link;
use crate::ipc::parcel;
use crate::ipc::patience::{Patience, hindered};
use crate::ipc::queue::tell_cleared;
use crate::shm::ledger::Taken;
use crate::shm::roster::Side;
use crate::sys::identity;

/// An item that was received from a [`queue`](crate::queue()). It is the queue's again if it is dropped without
/// [`ack`](Delivery::ack), by a panic for one, and when the process that has it ends.
///
/// It stays with the process that received it: handed to a process that is started, it is dropped here, and so given back.
pub struct Delivery<T> {
    item: T,
    hold: Hold,
}

/// Gives the item back, unless it is done.
struct Hold {
    end: Arc<End>,
    taken: Taken,
    done: bool,
}

impl<T: DeserializeOwned> Delivery<T> {
    pub(crate) fn new(end: Arc<End>, taken: Taken, bytes: &[u8]) -> Result<Delivery<T>, ChannelError> {
        let mut hold = Hold { end, taken, done: false };
        match parcel::unpack(bytes, Vec::new()) {
            Ok(item) => Ok(Delivery { item, hold }),
            Err(error) => {
                // Nobody can read it.
                hold.done = true;
                Err(error)
            }
        }
    }
}

impl<T> Delivery<T> {
    /// How often the item was received, this time included: 1 unless a worker has failed with it.
    pub fn attempt(&self) -> u32 {
        self.hold.taken.attempt()
    }

    /// Says that the item is done.
    pub fn ack(self) {
        self.take();
    }

    /// Says that the item is done; the item.
    ///
    /// ```
    /// let (jobs, receiver) = mp_runtime::queue(4).unwrap();
    /// jobs.send("sweep".to_owned()).unwrap();
    /// assert_eq!(receiver.recv().unwrap().take(), "sweep");
    /// jobs.join().unwrap();
    /// ```
    pub fn take(mut self) -> T {
        self.hold.done = true;
        self.item
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        let link: &Link = self.end.link();
        if !self.taken.is_of(identity::current()) {
            return; // a copy, in a process that was forked meanwhile
        }
        if !self.done {
            link.ring.give_back(self.taken);
            link.wake(Side::Receive);
            return;
        }
        link.ring.finish(self.taken);
        match link.ring.receiving(identity::current(), hindered(Patience::Never)) {
            // What is corrupt the next receiver will say.
            Some(turn) => drop(turn.clear()),
            // It may have looked before this was done, and tell nobody: let another one look after that.
            None => link.wake(Side::Receive),
        }
        tell_cleared(link);
    }
}

impl<T> Deref for Delivery<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.item
    }
}

impl<T> DerefMut for Delivery<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.item
    }
}

impl<T: fmt::Debug> fmt::Debug for Delivery<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delivery").field("item", &self.item).field("attempt", &self.attempt()).finish()
    }
}
