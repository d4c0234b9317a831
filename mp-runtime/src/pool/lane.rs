//! One direction between a pool and one of its workers: messages of any length over a ring.
//!
//! Nobody else uses the ring, so a message that is too long for it goes in parts, one after the other. The last byte of
//! each part tells whether more follow.

use std::os::fd::BorrowedFd;
use std::sync::Arc;
use std::time::Instant;

use crate::ipc::link::{Company, Link};
use crate::ipc::patience::{Patience, hindered};
use crate::shm::packet::Packet;
use crate::shm::ring::Corrupt;
use crate::shm::roster::{Place, Side};
use crate::sys::identity::{self, Identity};

/// An end of a lane, in the process that uses it. Given up when it is dropped.
#[derive(Debug)]
pub(crate) struct Lane {
    link: Arc<Link>,
    side: Side,
    place: Place,
    me: Identity,
}

/// A message on its way: how much of it is sent.
#[derive(Debug, Default)]
pub(crate) struct Passage {
    sent: usize,
}

/// What came of a look into a lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Received {
    Nothing,
    /// A part of a message, which more follow.
    Part,
    /// A whole message, or the rest of one.
    Whole,
}

/// Bytes of the ring of a lane.
pub(crate) const ROOM: usize = 256 << 10;

/// As many messages as fit by their bytes.
pub(crate) const MESSAGES: usize = ROOM / 8;

/// The longest part. What is longer than this cannot be taken back.
pub(crate) const PART: usize = ROOM / 4;

/// What a part is, in its last byte: a whole message, one that more follow, the last of several.
const WHOLE: u8 = 0;
const MORE: u8 = 1;
const LAST: u8 = 2;

impl Lane {
    /// Takes the end of this `side`; `None` when the ring has no place for it.
    pub(crate) fn open(link: &Arc<Link>, side: Side) -> Option<Lane> {
        let me = identity::current();
        let place = link.ring.roster().take(side, me)?;
        Some(Lane { link: Arc::clone(link), side, place, me })
    }

    /// Sends as much of `message` as there is room for; whether that was all. Its last byte is the lane's.
    #[inline]
    pub(crate) fn send(&self, passage: &mut Passage, message: &mut [u8]) -> bool {
        let end = message.len() - 1;
        if passage.sent == 0 && message.len() <= PART {
            message[end] = WHOLE;
            return self.put(message);
        }
        self.send_parts(passage, message)
    }

    fn send_parts(&self, passage: &mut Passage, message: &[u8]) -> bool {
        let whole = &message[..message.len() - 1];
        loop {
            let part = &whole[passage.sent..whole.len().min(passage.sent + PART)];
            let is_last = passage.sent + part.len() == whole.len();
            let bytes = [part, &[if is_last { LAST } else { MORE }]].concat();
            if !self.put(&bytes) {
                return false;
            }
            passage.sent += part.len();
            if is_last {
                return true;
            }
        }
    }

    #[inline]
    fn put(&self, bytes: &[u8]) -> bool {
        let packet = Packet { length: bytes.len() as u32, enclosed: false, spilled: false };
        let Some(turn) = self.link.ring.sending(self.me, hindered(Patience::Never)) else { return false };
        let room = turn.has_room(packet);
        if room {
            turn.put(packet, None, bytes);
        }
        room
    }

    /// Sends all of `message`, waiting for room; `false` when the other side is gone.
    pub(crate) fn send_all(&self, message: &mut [u8]) -> bool {
        let mut passage = Passage::default();
        loop {
            let done = self.send(&mut passage, message);
            self.wake();
            if done {
                return true;
            }
            let waited = self.link.wait(self.side, Company::Others, self.me, None, || self.has_room());
            if waited.is_err() || !self.link.is_attended(self.side.other()) {
                return false;
            }
        }
    }

    /// Appends the next part to `message`.
    #[inline]
    pub(crate) fn receive(&self, message: &mut Vec<u8>) -> Result<Received, Corrupt> {
        let Some(turn) = self.link.ring.receiving(self.me, hindered(Patience::Never)) else {
            return Ok(Received::Nothing);
        };
        let Some(front) = turn.front()? else { return Ok(Received::Nothing) };
        turn.copy(&front, message);
        turn.take(front);
        match message.pop() {
            Some(WHOLE | LAST) => Ok(Received::Whole),
            Some(MORE) => Ok(Received::Part),
            _ => Err(Corrupt),
        }
    }

    /// Waits until there is something to receive; `false` when there never will be, or when `deadline` came first.
    pub(crate) fn wait(&self, deadline: Option<Instant>) -> bool {
        let ready = || self.link.ring.has_message();
        while !ready() {
            match self.link.wait(self.side, Company::Others, self.me, deadline, ready) {
                Ok(true) => {}
                Ok(false) => return ready(),
                Err(_) => return false,
            }
            if !self.link.is_attended(self.side.other()) {
                // In this order: what was sent, was sent before the sender was gone.
                return ready();
            }
        }
        true
    }

    /// Wakes the other side, if it sleeps.
    #[inline]
    pub(crate) fn wake(&self) {
        self.link.wake(self.side.other());
    }

    /// Takes back the oldest message that was sent here and not received, if there is one, and it went whole.
    pub(crate) fn take_back(&self, message: &mut Vec<u8>) -> bool {
        debug_assert_eq!(self.side, Side::Send);
        let Some(turn) = self.link.ring.receiving(self.me, hindered(Patience::Never)) else { return false };
        let Ok(Some(front)) = turn.front() else { return false };
        turn.copy(&front, message);
        let whole = message.pop() == Some(WHOLE);
        if whole {
            turn.take(front);
        }
        whole
    }

    /// Whether there is something to receive.
    #[inline]
    pub(crate) fn has_message(&self) -> bool {
        self.link.ring.has_message()
    }

    /// Whether there is room for a part of a message.
    pub(crate) fn has_room(&self) -> bool {
        self.link.ring.has_room(Packet { length: PART as u32 + 1, enclosed: false, spilled: false })
    }

    /// Announces that this side is about to sleep on the event; it must look at the lane once more before it does.
    pub(crate) fn fall_asleep(&self) {
        self.link.ring.fall_asleep(self.side);
    }

    /// What the other side signals when this one may be asleep.
    pub(crate) fn event(&self) -> BorrowedFd<'_> {
        self.link.event()
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        if identity::current() == self.me {
            self.link.ring.roster().give_up(self.place, self.me);
            self.wake();
        }
    }
}
