//! An end of a channel, in the one process that may use it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
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
    place: Place,
    /// The process that was last seen to own it.
    owner: AtomicU64,
    /// The place that stands in for the other while the parent has not said yet whose that is; 0 for none.
    stand_in: AtomicU64,
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
        End { link, place, owner: AtomicU64::new(me.raw()), stand_in: AtomicU64::new(0) }
    }

    pub(crate) fn side(&self) -> Side {
        self.place.side()
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
    /// long to drop, the end is used as if it was moved; then it has a place of its own meanwhile, for its
    /// peers must know whom to watch.
    #[cold]
    fn arrive(&self, me: Identity) -> Result<Identity, ChannelError> {
        let roster = self.link.ring.roster();
        if !self.settles(me, Some(PATIENCE)) {
            let place = roster.take(self.place.side(), me).ok_or(ChannelError::full())?;
            self.link.wake(self.place.side().other());
            if self.stand_in.compare_exchange(0, place.to_word(), Ordering::Relaxed, Ordering::Relaxed).is_err() {
                // Another thread of this process was here first.
                roster.give_up(place, me);
            }
        } else if !roster.belongs(self.place, me) {
            return Err(ChannelError::not_moved());
        }
        self.owner.store(me.raw(), Ordering::Relaxed);
        Ok(me)
    }

    /// Waits until the parent has said whose the place is, at most for so many naps; whether it has.
    fn settles(&self, me: Identity, naps: Option<u32>) -> bool {
        let Some(arrival) = moving::arrival(me) else { return true };
        let mut tries = 0;
        loop {
            // In this order: what the parent has handed over, it has before it says that it is done.
            let done = arrival.is_done();
            if self.link.ring.roster().belongs(self.place, me) || done {
                return true;
            }
            tries += 1;
            if tries < POLITE {
                thread::yield_now();
            } else if arrival.parent.has_ended() {
                // With all its ends: this one may as well be ours.
                self.link.ring.roster().hand_over(self.place, arrival.parent, me);
                self.link.wake(self.place.side().other());
                return true;
            } else if naps.is_some_and(|naps| tries > POLITE + naps) {
                return false;
            } else {
                clock::nap(Duration::from_micros(100));
            }
        }
    }
}

const POLITE: u32 = 100;

/// Naps of 0.1 ms: longer than a parent is ever kept from running by others, or a borrowed end would work for a while.
const PATIENCE: u32 = 2000;

impl Clone for End {
    /// Another end of the same side; where this one was not moved, a copy that was not moved either.
    fn clone(&self) -> End {
        let link = Arc::clone(&self.link);
        if self.here().is_ok() {
            return End::new(link, self.place.side()).unwrap_or_else(|error| panic!("{error}"));
        }
        ENDS.fetch_add(1, Ordering::Relaxed);
        End { link, place: self.place, owner: AtomicU64::new(0), stand_in: AtomicU64::new(0) }
    }
}

impl Drop for End {
    /// Gives the end up, or to the process that the arguments being dropped belong to.
    ///
    /// One that was used before the parent said whose it is waits until it does: for as long as an argument takes to drop there.
    fn drop(&mut self) {
        if let Ok(me) = self.here() {
            let roster = self.link.ring.roster();
            if let Some(stand_in) = Place::from_word(*self.stand_in.get_mut()) {
                // The place itself is still to come, perhaps, and would be nobody's to give up.
                self.settles(me, None);
                roster.give_up(stand_in, me);
            }
            match moving::destination() {
                Some(child) => drop(roster.hand_over(self.place, me, child)),
                None => roster.give_up(self.place, me),
            }
            if self.place.side() == Side::Receive {
                // It may have been the last one who could receive the ends in messages.
                inbox::sweep(&self.link, me);
            }
            self.link.wake(self.place.side().other());
        }
        ENDS.fetch_sub(1, Ordering::Relaxed);
    }
}
