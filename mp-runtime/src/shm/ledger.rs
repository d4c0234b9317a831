//! Messages that are received for good only when that is acknowledged.
//!
//! They stay in the ring until then. The word behind the head of each, where other messages have their stamp, says how it
//! stands: ready, taken by a process, or done; and how often it was taken. Each change is one replacement of that word, by
//! the one who may: who has the turn to receive takes what is ready, or what a process has taken that has ended; who has
//! taken it says that it is done, or ready again. The head moves over what is done.

use crate::shm::cursor::Cursor;
use crate::shm::memory::{Field, Memory, Word};
use crate::shm::packet::WORD;
use crate::shm::ring::{Corrupt, Receiving, Ring};
use crate::sys::identity::Identity;

/// How a message stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It can be taken.
    Ready,
    /// That process has it.
    Taken(Identity),
    /// It can go.
    Done,
}

/// The word a message begins with.
pub(crate) const NEW: u64 = 0;

const DONE: u64 = 1 << 63;
const ATTEMPTS: u32 = Identity::BITS;
/// From here on they are not counted.
const MOST_ATTEMPTS: u32 = u16::MAX as u32;

/// A message that the calling process has taken.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Taken {
    at: Cursor,
    word: u64,
}

impl Taken {
    /// How often it was taken, this time included.
    pub(crate) fn attempt(self) -> u32 {
        attempts(self.word)
    }

    /// Whether it was `who` that has taken it.
    pub(crate) fn is_of(self, who: Identity) -> bool {
        Identity::from_raw(self.word) == Some(who)
    }
}

fn attempts(word: u64) -> u32 {
    ((word & !DONE) >> ATTEMPTS) as u32
}

impl<M: Memory> Receiving<'_, M> {
    /// Takes the first message for `me` that is ready, or taken by one that `is_gone`; appends its payload to `bytes`.
    pub(crate) fn take_one(
        &self,
        me: Identity,
        mut is_gone: impl FnMut(Identity) -> bool,
        bytes: &mut Vec<u8>,
    ) -> Result<Option<Taken>, Corrupt> {
        let mut next = self.front()?;
        while let Some(front) = next {
            let word = self.ring.ledger(front.head).get();
            let free = match standing(word) {
                Standing::Ready => true,
                Standing::Taken(who) => who != me && is_gone(who),
                Standing::Done => false,
            };
            if free {
                let mine = u64::from((attempts(word) + 1).min(MOST_ATTEMPTS)) << ATTEMPTS | me.raw();
                // Nobody else replaces it: it is our turn, and who had it is gone or has given it back.
                if self.ring.ledger(front.head).replace(word, mine).is_ok() {
                    self.copy(&front, bytes);
                    return Ok(Some(Taken { at: front.head, word: mine }));
                }
            }
            next = self.following(&front)?;
        }
        Ok(None)
    }

    /// Moves the head over what is done; whether it has moved.
    pub(crate) fn clear(&self) -> Result<bool, Corrupt> {
        let mut moved = false;
        while let Some(front) = self.front()? {
            if standing(self.ring.ledger(front.head).get()) != Standing::Done {
                break;
            }
            self.take(front);
            moved = true;
        }
        Ok(moved)
    }
}

impl<M: Memory> Ring<M> {
    /// Notes that a message is done.
    pub(crate) fn finish(&self, taken: Taken) {
        self.settle(taken, DONE | taken.word);
    }

    /// Notes that a message can be taken again.
    pub(crate) fn give_back(&self, taken: Taken) {
        self.settle(taken, u64::from(taken.attempt()) << ATTEMPTS);
    }

    fn settle(&self, taken: Taken, word: u64) {
        // Fails if it is not the caller's: a copy in a process that was forked meanwhile.
        let _ = self.ledger(taken.at).replace(taken.word, word);
        self.memory.field(Field::Changes).count();
    }

    /// How far it is written.
    pub(crate) fn tail(&self) -> Cursor {
        Cursor::from_raw(self.memory.field(Field::Tail).look())
    }

    /// Whether it is read up to `place`.
    pub(crate) fn is_read_up_to(&self, place: Cursor) -> bool {
        // By bytes, of which there are never more than the ring has: messages may have been counted around meanwhile.
        let left = place.bytes_since(Cursor::from_raw(self.head()));
        left == 0 || left > self.size
    }

    fn ledger(&self, at: Cursor) -> &M::Word {
        self.memory.word((at.offset(self.size) + WORD) & (self.size - 1))
    }
}

fn standing(word: u64) -> Standing {
    match Identity::from_raw(word) {
        _ if word & DONE != 0 => Standing::Done,
        Some(who) => Standing::Taken(who),
        None => Standing::Ready,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_that_were_counted_around_are_read() {
        let ring = Ring::new(1 << 16, 1).expect("pages are to be had");
        let before = ring.tail();
        // As many as leave no more than half of the counts, and their bytes.
        let count = Cursor::MOST_MESSAGES as u64 + 10;
        let after = Cursor::from_raw((count << 40) | (count * 3));
        assert!(before.messages_since(after) <= Cursor::MOST_MESSAGES);
        ring.memory.field(Field::Head).set(after.raw());
        assert!(ring.is_read_up_to(before));
        assert!(!ring.is_read_up_to(after.after(24)));
    }
}
