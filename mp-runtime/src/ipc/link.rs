//! What the ends of one channel in one process share: the ring, and the means to sleep and to wake.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use crate::ipc::watch::{Watch, Watches};
use crate::ipc::{inbox, links, spin};
use crate::shm::memory::Mapped;
use crate::shm::ring::{Front, Receiving, Ring};
use crate::shm::roster::{self, Side};
use crate::sys::identity::{self, Identity};
use crate::sys::{clock, event, fdpass, hold};

/// One channel, in one process.
#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) ring: Ring<Mapped>,
    /// Signalled when a side that may be asleep has something to look at.
    event: OwnedFd,
    /// Where the descriptors of messages travel: senders write to the first, receivers read from the second.
    post: (OwnedFd, OwnedFd),
    senders: Watches,
    receivers: Watches,
    /// When somebody last made sure that the receivers live, and the roster's changes then.
    checked: [AtomicU64; 2],
}

/// For how long a sender may take it that the receivers live, in milliseconds.
const TRUST: u64 = 10;

impl Link {
    pub(crate) fn new(size: usize, capacity: usize) -> nix::Result<Link> {
        Ok(Link::over(Ring::new(size, capacity)?, event::create()?, fdpass::pair()?))
    }

    fn over(ring: Ring<Mapped>, event: OwnedFd, post: (OwnedFd, OwnedFd)) -> Link {
        Link {
            ring,
            event,
            post,
            senders: Watches::new(),
            receivers: Watches::new(),
            checked: [AtomicU64::new(0), AtomicU64::new(u64::MAX)],
        }
    }

    /// A channel that another process has made, by its descriptors, in the order of [`Link::fds`].
    pub(crate) fn open([memory, event, outbox, inbox]: [OwnedFd; Link::FDS]) -> nix::Result<Link> {
        Ok(Link::over(Ring::open(memory)?, event, (outbox, inbox)))
    }

    /// How many descriptors a channel has.
    pub(crate) const FDS: usize = 4;

    /// The descriptors by which another process opens the channel, `memory` being one of its memory.
    pub(crate) fn fds(&self, memory: OwnedFd) -> nix::Result<[OwnedFd; Link::FDS]> {
        let copy = |fd: &OwnedFd| fd.try_clone().map_err(|_| nix::errno::Errno::EMFILE);
        Ok([memory, copy(&self.event)?, copy(&self.post.0)?, copy(&self.post.1)?])
    }

    /// What is signalled to those who sleep.
    pub(crate) fn event(&self) -> BorrowedFd<'_> {
        self.event.as_fd()
    }

    /// Where senders put descriptors in.
    pub(crate) fn outbox(&self) -> BorrowedFd<'_> {
        self.post.0.as_fd()
    }

    /// Where receivers take them out.
    pub(crate) fn inbox(&self) -> BorrowedFd<'_> {
        self.post.1.as_fd()
    }

    /// Wakes those of this side who may be asleep.
    #[inline]
    pub(crate) fn wake(&self, side: Side) {
        self.ring.wake(side, || event::signal(self.event.as_fd()));
    }

    /// Takes a message out, and gives the turn back: there is room for another.
    #[inline]
    pub(crate) fn take(&self, turn: Receiving<'_, Mapped>, front: Front) {
        turn.take(front);
        drop(turn);
        self.wake(Side::Send);
        spin::done(Side::Receive);
    }

    /// Whether anybody holds an end of this side, as far as is known, or will.
    pub(crate) fn is_attended(&self, side: Side) -> bool {
        let roster = self.ring.roster();
        // An end that is not held in its message but cannot be given up either has arrived meanwhile.
        roster.is_attended(side, |place| hold::is_taken(self.ring.file(), place.index()) || !roster.strand(place))
    }

    /// Whether there is no message, and nobody left to send one.
    pub(crate) fn has_run_dry(&self) -> bool {
        // First the cheap question; then in this order: what the last sender has sent, it has before it was gone.
        !self.ring.has_message() && !self.is_attended(Side::Send) && !self.ring.has_message()
    }

    /// Whether anybody holds an end of this side; finds out who of them has died.
    pub(crate) fn is_alive(&self, side: Side, me: Identity) -> bool {
        if self.ring.roster().holders(side).all(|who| who == me) {
            return self.is_attended(side);
        }
        let Ok(mut watch) = self.watches(side.other()).take(me, self.event.as_fd()) else { return true };
        let mut ended = watch.follow_beside(|| self.ring.roster().holders(side), me);
        ended.extend(watch.wait(Some(Instant::now()), false).unwrap_or_default());
        self.bury(&ended);
        self.watches(side.other()).put(me, watch);
        self.is_attended(side)
    }

    /// Whether there is a receiver, for a sender that does not wait: made sure of from time to time.
    #[inline]
    pub(crate) fn has_receivers(&self, me: Identity) -> bool {
        let [when, changes] = &self.checked;
        let (now, current) = (clock::coarse(), self.ring.roster().changes());
        if changes.load(Ordering::Relaxed) == current && now.wrapping_sub(when.load(Ordering::Relaxed)) < TRUST {
            return true;
        }
        let alive = self.is_alive(Side::Receive, me);
        if alive {
            when.store(now, Ordering::Relaxed);
            changes.store(current, Ordering::Relaxed);
        } else {
            // If the last was lost in a message, nobody else knows yet.
            inbox::sweep(self, me);
        }
        alive
    }

    /// Clears the ends of processes that have ended, and tells everybody.
    pub(crate) fn bury(&self, ended: &[Identity]) {
        if ended.is_empty() {
            return;
        }
        ended.iter().for_each(|who| self.ring.roster().bury(*who));
        inbox::sweep(self, identity::current());
        self.wake(Side::Send);
        self.wake(Side::Receive);
    }

    /// Waits until `ready`, which somebody in `company` makes true, or until nobody is left there; `false` when
    /// `deadline` came first. At first awake, for a moment.
    pub(crate) fn wait(
        &self,
        side: Side,
        company: Company,
        me: Identity,
        deadline: Option<Instant>,
        mut ready: impl FnMut() -> bool,
    ) -> nix::Result<bool> {
        if spin::until_side(side, deadline, &mut ready) {
            return Ok(true);
        }
        let mut watch = self.watches(side).take(me, self.event.as_fd())?;
        let waited = self.sleep(&mut watch, side, company, me, deadline, &mut ready);
        self.watches(side).put(me, watch);
        waited
    }

    /// The order matters. First it is announced that this thread sleeps; then looked who the peers are; then whether
    /// it is ready. So who takes an end or makes it ready afterwards sees the announcement, and signals; and who did
    /// before is seen. A peer that dies between the two is watched: it was a peer before it did either.
    fn sleep(
        &self,
        watch: &mut Watch,
        side: Side,
        company: Company,
        me: Identity,
        deadline: Option<Instant>,
        ready: &mut dyn FnMut() -> bool,
    ) -> nix::Result<bool> {
        loop {
            self.ring.fall_asleep(side);
            // Mostly nothing has changed: then somebody holds the other side, and all are watched.
            let known = watch.knows(self.ring.roster().words());
            if !known {
                self.watch_peers(watch, side, company, me);
            }
            if side == Side::Receive {
                inbox::sweep(self, me);
            }
            if ready() || !known && company.leaves(side) && !self.is_attended(side.other()) {
                return Ok(true);
            }
            // No signal tells that a message with an end in it is lost.
            let blindly = !known && self.ring.roster().only_travel(side.other());
            if blindly {
                links::sweep(me);
            }
            let ended = watch.wait(deadline, blindly)?;
            self.bury(&ended);
            if ready() || company.leaves(side) && !self.is_attended(side.other()) {
                return Ok(true);
            }
            if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                return Ok(false);
            }
        }
    }

    /// What one of this side waits with.
    #[cfg(feature = "tokio")]
    pub(crate) fn watch(&self, side: Side, me: Identity) -> nix::Result<Watch> {
        self.watches(side).take(me, self.event.as_fd())
    }

    /// Takes it back, for the next.
    #[cfg(feature = "tokio")]
    pub(crate) fn keep(&self, side: Side, me: Identity, watch: Watch) {
        self.watches(side).put(me, watch);
    }

    /// Watches those whose death a wait is about; buries the dead.
    fn watch_peers(&self, watch: &mut Watch, side: Side, company: Company, me: Identity) {
        let words: Vec<u64> = self.ring.roster().words().collect();
        let holders = |side| roster::holders(words.iter().copied(), side);
        let ended = match company {
            Company::Others => watch.follow(holders(side.other()), me),
            Company::All => watch.follow(holders(side.other()).chain(holders(side)), me),
        };
        if ended.is_empty() && holders(side.other()).next().is_some() {
            watch.note(words);
        }
        self.bury(&ended);
    }

    fn watches(&self, side: Side) -> &Watches {
        match side {
            Side::Send => &self.senders,
            Side::Receive => &self.receivers,
        }
    }
}

/// Whose doing, and whose death, a wait is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Company {
    /// The other side's.
    Others,
    /// That of both sides: in a queue, senders make room too, and an item of a receiver can come back to the others.
    All,
}

impl Company {
    /// Whether a wait of this side is over when nobody is left on the other. Receivers of a queue may wait for what others of them have.
    pub(crate) fn leaves(self, side: Side) -> bool {
        self == Company::Others || side == Side::Send
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ipc::stand_in::StandIn;

    #[test]
    fn who_makes_sure_that_the_receivers_live_goes_on_watching_the_other_senders() {
        let (link, me) = (Link::new(1 << 16, 1).expect("memory is to be had"), identity::current());
        let roster = link.ring.roster();
        let others = [Side::Send, Side::Receive].map(|side| (side, StandIn::new()));
        for (side, other) in &others {
            roster.take(*side, other.name).expect("there are places");
        }
        let mut watch = link.senders.take(me, link.event()).expect("a set is to be had");
        link.watch_peers(&mut watch, Side::Send, Company::All, me);
        link.senders.put(me, watch);
        assert!(link.is_alive(Side::Receive, me));
        assert!(link.senders.take(me, link.event()).is_ok_and(|watch| watch.knows(roster.words())));
    }
}
