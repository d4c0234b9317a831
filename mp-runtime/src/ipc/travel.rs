//! How an end gets into another process in a message, or as an argument that is written down.
//!
//! A copy of the end travels, as a clone would. Until it arrives it is nobody's, so no process descriptor tells whether it
//! ever will. But the descriptors that travel with it do: one is of an opening of the channel's memory that
//! [holds](hold) the byte with the number of its place. The kernel lets go of that when the message is lost, with the last
//! channel or process that could receive it; then the end is given up by whoever looks.

use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::ipc::end::End;
use crate::ipc::link::Link;
use crate::ipc::links;
use crate::ipc::receiver::Receiver;
use crate::ipc::sender::Sender;
use crate::ipc::{parcel, reason};
use crate::shm::roster::{Place, Side};
use crate::sys::hold;
use crate::sys::identity::{self, Identity};

/// An end that is about to travel. Dropped, it stays at home.
#[derive(Debug)]
pub(crate) struct Ticket {
    link: Arc<Link>,
    place: Place,
    /// The process it belongs to until it arrives, where it cannot be nobody's.
    from: Option<Identity>,
    departed: bool,
}

impl Ticket {
    /// The end is on its way.
    pub(crate) fn depart(mut self) {
        self.departed = true;
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if self.departed {
            return;
        }
        match self.from {
            Some(me) => self.link.ring.roster().give_up(self.place, me),
            None => drop(self.link.ring.roster().strand(self.place)),
        }
        self.link.wake(self.place.side().other());
    }
}

/// What is written of an end: the number of its first descriptor, its place, and whose that is.
type Written = (u32, u64, u64);

impl End {
    fn write<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let me = self.here().map_err(reason::refuse)?;
        let link = Arc::clone(self.shared());
        let place = link.ring.roster().take(self.side(), me).ok_or("the channel has too many ends");
        let place = place.map_err(reason::refuse)?;
        let held = hold::take(link.ring.file(), place.index());
        let from = held.is_err().then_some(me);
        if from.is_none() {
            link.ring.roster().depart(place, me);
        }
        let ticket = Ticket { link, place, from, departed: false };
        let memory = held.or_else(|_| ticket.link.ring.file().try_clone_to_owned()).map_err(reason::refuse)?;
        let fds = ticket.link.fds(memory).map_err(reason::refuse)?;
        let first = parcel::enclose::<S::Error>(fds.into(), Some(ticket))?;
        let written: Written = (first, place.to_word(), from.map_or(0, Identity::raw));
        written.serialize(to)
    }

    fn read<'de, D: Deserializer<'de>>(from: D, side: Side) -> Result<End, D::Error> {
        let (first, place, owner) = Written::deserialize(from)?;
        let fds = parcel::take_row(first);
        let fds = fds.ok_or_else(|| reason::refuse_to_read("the end came without its descriptors"))?;
        let link = Arc::new(Link::open(fds).map_err(reason::refuse_to_read)?);
        #[cfg(test)]
        tests::BEFORE_IT_ARRIVES.get()();
        let place = Place::from_word(place).filter(|place| place.is_within() && place.side() == side);
        let place = place.ok_or_else(|| reason::refuse_to_read("the end is of the other side"))?;
        let (me, roster) = (identity::current(), link.ring.roster());
        let arrived = match Identity::from_raw(owner) {
            Some(owner) => roster.hand_over(place, owner, me),
            None => roster.arrive(place, me),
        };
        hold::release(link.ring.file(), place.index());
        let end = match arrived {
            true => End::arrived(link, place, me),
            false => End::new(link, side).map_err(reason::refuse_to_read)?,
        };
        // Not before: to this opening of the memory the byte that it holds looks free, so whoever sweeps meanwhile would take the end for
        // lost.
        links::add(end.shared());
        Ok(end)
    }
}

impl<T> Serialize for Sender<T> {
    /// Writes a clone of the sender, in a message of a channel or an argument.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.end().write(serializer)
    }
}

impl<'de, T> Deserialize<'de> for Sender<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        End::read(deserializer, Side::Send).map(Sender::new)
    }
}

impl<T> Serialize for Receiver<T> {
    /// Writes a clone of the receiver, in a message of a channel or an argument.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.end().write(serializer)
    }
}

impl<'de, T> Deserialize<'de> for Receiver<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        End::read(deserializer, Side::Receive).map(Receiver::new)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::ipc::channel::channel;
    use crate::ipc::fd::Fd;
    use crate::sys::memory;

    thread_local! {
        /// What another thread does in the middle of a receive.
        pub(super) static BEFORE_IT_ARRIVES: Cell<fn()> = const { Cell::new(|| ()) };
    }

    #[test]
    fn an_end_that_is_just_being_received_is_not_taken_for_lost() {
        let (files, receiver) = channel::<Fd>(4).expect("memory is to be had");
        files.send(Fd(memory::create(c"test").expect("a file is to be had"))).expect("there is room");
        let (ends, received) = channel(4).expect("memory is to be had");
        ends.send(receiver).expect("there is room");
        BEFORE_IT_ARRIVES.set(|| links::sweep(identity::current()));
        let receiver: Receiver<Fd> = received.recv().expect("it is there");
        BEFORE_IT_ARRIVES.set(|| ());
        assert!(receiver.try_recv().is_ok(), "what was in its channel is gone");
    }
}
