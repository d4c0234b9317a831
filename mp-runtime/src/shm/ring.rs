//! The ring of a channel: messages of any length, put in by one process at a time and taken out by one at a time.
//!
//! See `README.md` for the protocol and why it holds.

use std::os::fd::{BorrowedFd, OwnedFd};

use crate::shm::cursor::Cursor;
use crate::shm::memory::{Field, Mapped, Memory, Word};
use crate::shm::packet::{Packet, WORD};
use crate::shm::roster::{Roster, Side};
use crate::shm::turn::{Turn, Verdict};
use crate::sys::identity::Identity;

/// A ring, seen from one process.
#[derive(Debug)]
pub(crate) struct Ring<M> {
    pub(super) memory: M,
    pub(super) size: usize,
    capacity: usize,
}

/// What is in the ring cannot have been written by a sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Corrupt;

impl Ring<Mapped> {
    /// Makes a ring of `size` bytes, a power of two and of whole pages, for `capacity` messages.
    pub(crate) fn new(size: usize, capacity: usize) -> nix::Result<Ring<Mapped>> {
        Ok(Ring::over(Mapped::new(size, capacity)?, size, capacity))
    }

    /// The ring in memory that another process has made.
    pub(crate) fn open(file: OwnedFd) -> nix::Result<Ring<Mapped>> {
        let (memory, size, capacity) = Mapped::open(file)?;
        Ok(Ring::over(memory, size, capacity))
    }

    /// The file of its memory.
    pub(crate) fn file(&self) -> BorrowedFd<'_> {
        self.memory.file()
    }
}

impl<M: Memory> Ring<M> {
    pub(crate) fn over(memory: M, size: usize, capacity: usize) -> Ring<M> {
        Ring { memory, size, capacity }
    }

    pub(crate) fn roster(&self) -> Roster<'_, M> {
        Roster(&self.memory)
    }

    /// The longest message that the ring takes; a longer one goes beside it.
    pub(crate) fn longest(&self) -> usize {
        self.size / 2
    }

    pub(crate) fn capacity(&self) -> usize {
        self.capacity
    }

    /// How many messages are in it.
    pub(crate) fn length(&self) -> usize {
        let head = self.cursor(Field::Head);
        self.cursor(Field::Tail).messages_since(head).min(self.capacity)
    }

    /// Whether there is a message to take, or none and no room for another; for who has no turn.
    #[inline]
    pub(crate) fn has_message(&self) -> bool {
        self.memory.field(Field::Tail).look() != self.memory.field(Field::Head).look()
    }

    /// Whether there is room for `packet`; for who has no turn.
    pub(crate) fn has_room(&self, packet: Packet) -> bool {
        let head = Cursor::from_raw(self.memory.field(Field::Head).look());
        self.fits(Cursor::from_raw(self.memory.field(Field::Tail).look()), head, packet)
    }

    /// How far it is read; changes with each message that is taken.
    pub(crate) fn head(&self) -> u64 {
        self.memory.field(Field::Head).look()
    }

    /// Whether there ever was a message with descriptors.
    pub(crate) fn has_stamped(&self) -> bool {
        self.memory.field(Field::Stamp).look() != 0
    }

    /// How far it is written, how far read, and the changes to who holds its ends: whoever has found nothing to do
    /// finds nothing again before one of them changes.
    pub(crate) fn news(&self) -> [u64; 3] {
        [Field::Tail, Field::Head, Field::Changes].map(|field| self.memory.field(field).look())
    }

    /// Announces that somebody of this side is about to sleep. It must look at the ring once more before it does.
    pub(crate) fn fall_asleep(&self, side: Side) {
        self.memory.field(sleep(side).0).count();
    }

    /// Has `signal` wake those of this side who may be asleep, if nobody has since they announced it. Killed before or after
    /// the signal, this process leaves that to the next.
    #[inline]
    pub(crate) fn wake(&self, side: Side, signal: impl FnOnce()) {
        let (asleep, woken) = sleep(side);
        let (announced, woken) = (self.memory.field(asleep).look(), self.memory.field(woken));
        if woken.look() < announced {
            signal();
            woken.raise(announced);
        }
    }

    /// How often somebody of this side has announced that it is about to sleep.
    #[cfg(test)]
    pub(crate) fn announced(&self, side: Side) -> u64 {
        self.memory.field(sleep(side).0).look()
    }

    /// Takes a turn to send for `me`; see [`Turn::take`].
    #[inline]
    pub(crate) fn sending(&self, me: Identity, hindered: impl FnMut(u64) -> Verdict) -> Option<Sending<'_, M>> {
        let turn = Turn::take(self.memory.field(Field::SendTurn), me.raw(), hindered)?;
        Some(Sending { ring: self, _turn: turn })
    }

    /// Takes a turn to receive for `me`; see [`Turn::take`].
    #[inline]
    pub(crate) fn receiving(&self, me: Identity, hindered: impl FnMut(u64) -> Verdict) -> Option<Receiving<'_, M>> {
        let turn = Turn::take(self.memory.field(Field::ReceiveTurn), me.raw(), hindered)?;
        Some(Receiving { ring: self, _turn: turn })
    }

    #[inline]
    fn cursor(&self, field: Field) -> Cursor {
        Cursor::from_raw(self.memory.field(field).get())
    }

    /// A word that is written by those whose turn it is, and the caller is one of them.
    #[inline]
    pub(super) fn own_cursor(&self, field: Field) -> Cursor {
        Cursor::from_raw(self.memory.field(field).get_own())
    }

    /// Writes the head of a message at `tail`.
    #[inline]
    pub(super) fn begin(&self, tail: Cursor, packet: Packet) {
        self.memory.write_word(tail.offset(self.size), packet.encode());
    }

    /// Stores the new tail: the one store by which all of a message is sent.
    #[inline]
    pub(super) fn publish(&self, tail: Cursor) {
        self.memory.field(Field::Tail).announce(tail.raw());
    }

    #[inline]
    fn fits(&self, tail: Cursor, head: Cursor, packet: Packet) -> bool {
        tail.messages_since(head) < self.capacity
            && tail.bytes_since(head).checked_add(packet.size()).is_some_and(|bytes| bytes <= self.size)
    }
}

/// Where sleep is announced, and where it is noted who was woken.
#[inline]
fn sleep(side: Side) -> (Field, Field) {
    match side {
        Side::Send => (Field::SendersAsleep, Field::SendersWoken),
        Side::Receive => (Field::ReceiversAsleep, Field::ReceiversWoken),
    }
}

/// A turn to send.
#[derive(Debug)]
pub(crate) struct Sending<'a, M: Memory> {
    pub(super) ring: &'a Ring<M>,
    _turn: Turn<'a, M::Word>,
}

impl<M: Memory> Sending<'_, M> {
    /// Whether there is room for `packet`.
    #[inline]
    pub(crate) fn has_room(&self, packet: Packet) -> bool {
        let ring = self.ring;
        let tail = ring.own_cursor(Field::Tail);
        if ring.fits(tail, ring.own_cursor(Field::HeadSeen), packet) {
            return true;
        }
        let head = ring.cursor(Field::Head);
        ring.memory.field(Field::HeadSeen).set(head.raw());
        ring.fits(tail, head, packet)
    }

    /// A number that no other message with descriptors has, not even one that was never sent after all.
    pub(crate) fn stamp(&self) -> u64 {
        self.ring.memory.field(Field::Stamp).count() + 1
    }

    /// Puts a message in, which there is room for.
    #[inline]
    pub(crate) fn put(self, packet: Packet, stamp: Option<u64>, payload: &[u8]) {
        debug_assert!(payload.len() == packet.length as usize && packet.enclosed == stamp.is_some());
        let Ring { memory, size, .. } = self.ring;
        let tail = self.ring.own_cursor(Field::Tail);
        let at = |behind: usize| (tail.offset(*size) + behind) & (size - 1);
        self.ring.begin(tail, packet);
        let mut behind = WORD;
        if let Some(stamp) = stamp {
            memory.write_word(at(behind), stamp);
            behind += WORD;
        }
        memory.write(at(behind), payload);
        self.ring.publish(tail.after(packet.size()));
    }
}

/// A turn to receive.
#[derive(Debug)]
pub(crate) struct Receiving<'a, M: Memory> {
    pub(super) ring: &'a Ring<M>,
    _turn: Turn<'a, M::Word>,
}

/// The message that is next to be taken.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Front {
    pub(crate) packet: Packet,
    pub(crate) stamp: u64,
    pub(super) head: Cursor,
}

impl<M: Memory> Receiving<'_, M> {
    /// The next message, if there is one.
    #[inline]
    pub(crate) fn front(&self) -> Result<Option<Front>, Corrupt> {
        self.message(self.ring.own_cursor(Field::Head))
    }

    /// The message behind `front`, if there is one.
    pub(super) fn following(&self, front: &Front) -> Result<Option<Front>, Corrupt> {
        self.message(front.head.after(front.packet.size()))
    }

    /// The message at `head`, which is between head and tail.
    #[inline]
    fn message(&self, head: Cursor) -> Result<Option<Front>, Corrupt> {
        let Ring { memory, size, .. } = self.ring;
        let mut tail = self.ring.own_cursor(Field::TailSeen);
        if tail.bytes_since(head) == 0 || tail.bytes_since(head) > *size {
            tail = self.ring.cursor(Field::Tail);
            memory.field(Field::TailSeen).set(tail.raw());
        }
        let written = tail.bytes_since(head);
        if written == 0 {
            return Ok(None);
        }
        let at = head.offset(*size);
        let packet = Packet::decode(memory.read_word(at)).ok_or(Corrupt)?;
        if written > *size || packet.size() > written {
            return Err(Corrupt);
        }
        let stamp = if packet.enclosed { memory.word((at + WORD) & (size - 1)).get() } else { 0 };
        Ok(Some(Front { packet, stamp, head }))
    }

    /// Appends the payload of the next message to `bytes`.
    #[inline]
    pub(crate) fn copy(&self, front: &Front, bytes: &mut Vec<u8>) {
        let behind = WORD + usize::from(front.packet.enclosed) * WORD;
        let at = (front.head.offset(self.ring.size) + behind) & (self.ring.size - 1);
        self.ring.memory.read(at, front.packet.length as usize, bytes);
    }

    /// Takes the next message out: from here on nobody else gets it.
    #[inline]
    pub(crate) fn take(&self, front: Front) {
        self.ring.memory.field(Field::Head).announce(front.head.after(front.packet.size()).raw());
    }
}
