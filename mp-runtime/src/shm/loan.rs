//! The bytes of a message where they are, for who has the turn.
//!
//! Invariant: what a turn to send lends is behind the tail, where nobody reads; what a turn to receive lends is between head
//! and tail, where nobody writes. Both stay so until the turn moves its cursor, for which it must not be lent any more.

use crate::shm::memory::{Field, Mapped};
use crate::shm::packet::{Packet, WORD};
use crate::shm::ring::{Front, Receiving, Sending};

impl Sending<'_, Mapped> {
    /// The bytes of `packet`, which there is room for, to be written in place; then [`Sending::put_lent`].
    pub(crate) fn lend(&mut self, packet: Packet) -> &mut [u8] {
        let start = self.place(packet);
        // SAFETY: `at` checked that as many bytes are mapped from there. By the protocol no other process accesses them
        // while it is our turn, and in this one they are reached through `self` only, which is borrowed. What was in them
        // before are bytes.
        unsafe { std::slice::from_raw_parts_mut(start, packet.length as usize) }
    }

    /// What was written in place so far.
    pub(crate) fn lent(&self, packet: Packet) -> &[u8] {
        let start = self.place(packet);
        // SAFETY: as above; nobody writes to them while `self` is borrowed.
        unsafe { std::slice::from_raw_parts(start, packet.length as usize) }
    }

    fn place(&self, packet: Packet) -> *mut u8 {
        let tail = self.ring.own_cursor(Field::Tail);
        let at = (tail.offset(self.ring.size) + WORD) & (self.ring.size - 1);
        self.ring.memory.at(at, packet.length as usize)
    }

    /// Sends what was written in place.
    pub(crate) fn put_lent(self, packet: Packet) {
        let tail = self.ring.own_cursor(Field::Tail);
        self.ring.begin(tail, packet);
        self.ring.publish(tail.after(packet.size()));
    }
}

impl Receiving<'_, Mapped> {
    /// The payload of the next message, where it is.
    pub(crate) fn payload(&self, front: &Front) -> &[u8] {
        let behind = WORD + usize::from(front.packet.enclosed) * WORD;
        let at = (front.head.offset(self.ring.size) + behind) & (self.ring.size - 1);
        let start = self.ring.memory.at(at, front.packet.length as usize);
        // SAFETY: `at` checked that as many bytes are mapped from there. By the protocol no process writes to them before
        // the head is moved, which takes this turn by value or ends it.
        unsafe { std::slice::from_raw_parts(start, front.packet.length as usize) }
    }
}
