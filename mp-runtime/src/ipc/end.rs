//! An end of a channel, in the one process that may use it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use crate::ipc::errors::ChannelError;
use crate::ipc::link::Link;
use crate::ipc::{inbox, moving};
use crate::shm::roster::{Place, Side};
use crate::sys::clock;
use crate::sys::identity::{self, Identity};

/// An end: a place in the roster, which says whose it is.
///
/// A copy of it in another process, made by a fork, finds out at its first use whether the end was moved there.
#[derive(Debug)]
pub(crate) struct End {
    link: Arc<Link>,
    side: Side,
    /// Its place, as a word: not the one it came with where the parent has taken too long to say whose that is.
    place: AtomicU64,
    /// The process that was last seen to own it.
    owner: AtomicU64,
    /// Whether it has been handed over, and is what stays of it here.
    stays: AtomicBool,
}

/// How many ends there are in this process: without any, a start has nothing to move.
static ENDS: AtomicUsize = AtomicUsize::new(0);

/// Whether this process has ends.
pub(crate) fn exist() -> bool {
    ENDS.load(Ordering::Relaxed) > 0
}

impl End {
    /// Takes a place at `link`.
    pub(crate) fn new(link: Arc<Link>, side: Side) -> Result<End, ChannelError> {
        let me = identity::current();
        let place = link.ring.roster().take(side, me).ok_or(ChannelError::full())?;
        Ok(End::arrived(link, place, me))
    }

    /// An end at a place that has just become the calling process's.
    pub(crate) fn arrived(link: Arc<Link>, place: Place, me: Identity) -> End {
        // Before the first use: whoever sleeps has to watch this process.
        link.wake(place.side().other());
        ENDS.fetch_add(1, Ordering::Relaxed);
        End::at(link, place, me.raw())
    }

    fn at(link: Arc<Link>, place: Place, owner: u64) -> End {
        let (word, owner) = (AtomicU64::new(place.to_word()), AtomicU64::new(owner));
        End { link, side: place.side(), place: word, owner, stays: AtomicBool::new(false) }
    }

    pub(crate) fn side(&self) -> Side {
        self.side
    }

    fn place(&self) -> Place {
        Place::from_word(self.place.load(Ordering::Relaxed)).expect("it is the word of a place")
    }

    pub(crate) fn shared(&self) -> &Arc<Link> {
        &self.link
    }

    #[inline]
    pub(crate) fn link(&self) -> &Link {
        &self.link
    }

    /// Whether both are ends of one channel.
    pub(crate) fn is_linked(&self, other: &End) -> bool {
        let file = |end: &End| nix::sys::stat::fstat(end.link.ring.file()).ok().map(|status| status.st_ino);
        Arc::ptr_eq(&self.link, &other.link) || file(self).is_some_and(|inode| file(other) == Some(inode))
    }

    /// The calling process, if the end is its.
    #[inline]
    pub(crate) fn here(&self) -> Result<Identity, ChannelError> {
        let me = identity::current();
        if self.owner.load(Ordering::Relaxed) == me.raw() { Ok(me) } else { self.arrive(me) }
    }

    /// Finds out whether the end was moved into this process.
    ///
    /// That is for the parent to say: it hands over the ends that it drops with the arguments of this process, and then
    /// says that it is done. Mostly it is, before the child comes here. If it takes long, because an argument takes
    /// long to drop, the end is used as if it was moved; then it gets a place of its own, for its peers must know whom to
    /// watch, and that with which it came is declined.
    #[cold]
    fn arrive(&self, me: Identity) -> Result<Identity, ChannelError> {
        let roster = self.link.ring.roster();
        let theirs = self.place();
        if !self.settles(me, PATIENCE) {
            let place = roster.take(self.side, me).ok_or(ChannelError::full())?;
            let (old, new) = (theirs.to_word(), place.to_word());
            if self.place.compare_exchange(old, new, Ordering::Relaxed, Ordering::Relaxed).is_ok() {
                roster.decline(theirs, me);
            } else {
                // Another thread of this process was here first.
                roster.give_up(place, me);
            }
            self.link.wake(self.side.other());
        } else if !roster.belongs(self.place(), me) {
            return Err(ChannelError::not_moved());
        }
        self.owner.store(me.raw(), Ordering::Relaxed);
        Ok(me)
    }

    /// Waits until the parent has said whose the place is, at most for so many naps; whether it has.
    fn settles(&self, me: Identity, naps: u32) -> bool {
        let Some(arrival) = moving::arrival(me) else { return true };
        let mut tries = 0;
        loop {
            // In this order: what the parent has handed over, it has before it says that it is done.
            let done = arrival.is_done();
            if self.link.ring.roster().belongs(self.place(), me) || done {
                return true;
            }
            tries += 1;
            if tries < POLITE {
                thread::yield_now();
            } else if arrival.parent.has_ended() {
                // With all its ends: this one may as well be ours.
                self.link.ring.roster().hand_over(self.place(), arrival.parent, me);
                self.link.wake(self.side.other());
                return true;
            } else if tries > POLITE + naps {
                return false;
            } else {
                clock::nap(Duration::from_micros(100));
            }
        }
    }

    /// The calling process, if the end is its to give up. One of which the parent has not said yet whose it is, is declined; if it is
    /// on its way to a child of this process, only after a long time, for that child will be told that it was not moved.
    fn leave(&self) -> Option<Identity> {
        let (me, roster) = (identity::current(), self.link.ring.roster());
        if self.owner.load(Ordering::Relaxed) == me.raw() {
            return Some(me);
        }
        let naps = if moving::destination().is_some() { LONG_PATIENCE } else { PATIENCE };
        if self.settles(me, naps) {
            return roster.belongs(self.place(), me).then_some(me);
        }
        roster.decline(self.place(), me);
        self.tell(me);
        None
    }

    /// Hands the end over to the process that the arguments being dropped belong to, if there is one, and goes on at another place: for what
    /// shares it and stays here.
    pub(crate) fn part(&self) {
        let (Some(child), Ok(me)) = (moving::destination(), self.here()) else { return };
        let roster = self.link.ring.roster();
        // First: so there is no moment in which this process has no place.
        let Some(place) = roster.take(self.side, me) else { return };
        self.stays.store(true, Ordering::Relaxed);
        let theirs = self.place();
        self.place.store(place.to_word(), Ordering::Relaxed);
        roster.hand_over(theirs, me, child);
        self.tell(me);
    }

    /// Tells the others that the end is this process's no more.
    fn tell(&self, me: Identity) {
        if self.side == Side::Receive {
            // It may have been the last one who could receive the ends in messages.
            inbox::sweep(&self.link, me);
        }
        self.link.wake(self.side.other());
    }
}

const POLITE: u32 = 100;

/// Naps of 0.1 ms: longer than a parent is ever kept from running by others, or a borrowed end would work for a while.
const PATIENCE: u32 = 2000;

/// As above, for one that stops and goes on.
const LONG_PATIENCE: u32 = 50 * PATIENCE;

impl Clone for End {
    /// Another end of the same side; where this one was not moved, a copy that was not moved either.
    fn clone(&self) -> End {
        let link = Arc::clone(&self.link);
        if self.here().is_ok() {
            return End::new(link, self.side).unwrap_or_else(|error| panic!("{error}"));
        }
        ENDS.fetch_add(1, Ordering::Relaxed);
        End::at(link, self.place(), 0)
    }
}

impl Drop for End {
    /// Gives the end up, or to the process that the arguments being dropped belong to.
    fn drop(&mut self) {
        if let Some(me) = self.leave() {
            let roster = self.link.ring.roster();
            match moving::destination().filter(|_| !self.stays.load(Ordering::Relaxed)) {
                Some(child) => drop(roster.hand_over(self.place(), me, child)),
                None => roster.give_up(self.place(), me),
            }
            self.tell(me);
        }
        ENDS.fetch_sub(1, Ordering::Relaxed);
    }
}
