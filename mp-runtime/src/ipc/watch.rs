//! What one thread waits with: a signal from its peers, and their death.

use std::collections::HashMap;
use std::mem;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use crate::sys::event::{Happened, Set};
use crate::sys::identity::Identity;

/// The events of a channel, or of several, and the processes that hold the other side. Used by one thread at a time.
#[derive(Debug)]
pub(crate) struct Watch {
    set: Set,
    peers: HashMap<Identity, Peer>,
    round: u64,
    /// Whether there is a peer that could not be watched, for want of a descriptor.
    blind: bool,
    /// The words of the roster by which its peers were found, if all of them are watched.
    found_by: Vec<u64>,
}

#[derive(Debug)]
struct Peer {
    pidfd: OwnedFd,
    /// The last round in which it was a peer.
    round: u64,
}

/// The number of the event in the set; no identity is zero.
const EVENT: u64 = 0;

/// How often to look after peers that cannot be watched.
const BLIND: Duration = Duration::from_millis(10);

impl Watch {
    fn over(set: Set) -> Watch {
        Watch { set, peers: HashMap::new(), round: 0, blind: false, found_by: Vec::new() }
    }

    pub(crate) fn new(event: BorrowedFd<'_>) -> nix::Result<Watch> {
        let watch = Watch::over(Set::new()?);
        watch.also_event(event)?;
        Ok(watch)
    }

    /// One of several channels and other things.
    pub(crate) fn of_many() -> nix::Result<Watch> {
        Ok(Watch::over(Set::new()?))
    }

    /// Waits for the event of another channel too; for one that it waits for already, that is nothing new.
    pub(crate) fn also_event(&self, event: BorrowedFd<'_>) -> nix::Result<()> {
        match self.set.add_event(event, EVENT) {
            Err(nix::errno::Errno::EEXIST) => Ok(()),
            added => added,
        }
    }

    /// Waits for `fd` to be readable too.
    pub(crate) fn also(&self, fd: BorrowedFd<'_>) -> nix::Result<()> {
        match self.set.add(fd, EVENT) {
            Err(nix::errno::Errno::EEXIST) => Ok(()),
            added => added,
        }
    }

    /// Whether the words of a roster are those that were [noted](Watch::note), and all peers that they name are watched still.
    pub(crate) fn knows(&self, mut words: impl Iterator<Item = u64>) -> bool {
        !self.found_by.is_empty()
            && self.found_by.iter().all(|word| words.next() == Some(*word))
            && words.next().is_none()
    }

    /// Notes the words of a roster that name the processes which are [followed](Watch::follow).
    pub(crate) fn note(&mut self, words: Vec<u64>) {
        if !self.blind {
            self.found_by = words;
        }
    }

    /// Watches these processes and no others; those of them that have ended.
    pub(crate) fn follow(&mut self, peers: impl Iterator<Item = Identity>, me: Identity) -> Vec<Identity> {
        self.round += 1;
        self.blind = false;
        self.found_by.clear();
        let ended = self.also_follow(peers, me);
        let (set, round) = (&self.set, self.round);
        self.peers.retain(|_, peer| {
            if peer.round != round {
                set.remove(peer.pidfd.as_fd());
            }
            peer.round == round
        });
        ended
    }

    /// Watches these processes; those of them that have ended. If they are watched already, so are the others still that the last wait was
    /// about: the next one may be about them again.
    pub(crate) fn follow_beside<I: Iterator<Item = Identity>>(
        &mut self,
        peers: impl Fn() -> I,
        me: Identity,
    ) -> Vec<Identity> {
        let is_known = peers().all(|who| who == me || self.peers.contains_key(&who));
        if is_known { Vec::new() } else { self.follow(peers(), me) }
    }

    /// Watches these processes too; those of them that have ended.
    fn also_follow(&mut self, peers: impl Iterator<Item = Identity>, me: Identity) -> Vec<Identity> {
        let mut ended = Vec::new();
        for who in peers.filter(|who| *who != me) {
            if let Some(peer) = self.peers.get_mut(&who) {
                peer.round = self.round;
                continue;
            }
            match who.open() {
                Ok(None) => ended.push(who),
                Ok(Some(pidfd)) if self.set.add(pidfd.as_fd(), who.raw()).is_ok() => {
                    self.peers.insert(who, Peer { pidfd, round: self.round });
                }
                _ => self.blind = true,
            }
        }
        ended
    }

    /// Whether there is a peer that could not be watched.
    #[cfg(feature = "tokio")]
    pub(crate) fn is_blind(&self) -> bool {
        self.blind
    }

    /// How many waits tell of all that there is to tell, of the peers and of so many things beside them.
    pub(crate) fn rounds(&self, things: usize) -> usize {
        (self.peers.len() + things).div_ceil(Happened::MOST)
    }

    /// Waits for a signal, the end of a peer, or `deadline`, and not long if there is something that nothing tells of,
    /// `blindly`; the peers that have ended.
    pub(crate) fn wait(&mut self, deadline: Option<Instant>, blindly: bool) -> nix::Result<Vec<Identity>> {
        let soon = (blindly || self.blind).then(|| Instant::now() + BLIND);
        let deadline = [deadline, soon].into_iter().flatten().min();
        let happened = self.set.wait(deadline)?;
        let ended: Vec<Identity> = happened.numbers().filter_map(Identity::from_raw).collect();
        for who in &ended {
            self.found_by.clear();
            if let Some(peer) = self.peers.remove(who) {
                self.set.remove(peer.pidfd.as_fd());
            }
        }
        Ok(ended)
    }
}

impl AsFd for Watch {
    /// Readable while there is something to wait for no longer.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.set.as_fd()
    }
}

/// So many are kept for those who wait next: each has a descriptor for itself and one for each peer, also for one that has ended meanwhile.
const MOST_KEPT: usize = 8;

/// Watches between two uses, of one process.
#[derive(Debug)]
pub(crate) struct Watches(Mutex<(Option<Identity>, Vec<Watch>)>);

impl Watches {
    pub(crate) const fn new() -> Watches {
        Watches(Mutex::new((None, Vec::new())))
    }

    /// Takes a watch out, or makes one.
    pub(crate) fn take(&self, me: Identity, event: BorrowedFd<'_>) -> nix::Result<Watch> {
        // Locked for good when another thread had it at a fork: then each wait makes one of its own.
        if let Ok(mut kept) = self.0.try_lock() {
            if kept.0 != Some(me) {
                // Of the process that this one was forked from, whose sets still look at what was open there.
                drop(mem::take(&mut kept.1));
                kept.0 = Some(me);
            }
            if let Some(watch) = kept.1.pop() {
                return Ok(watch);
            }
        }
        Watch::new(event)
    }

    /// Puts one back; closes it if there are enough.
    pub(crate) fn put(&self, me: Identity, watch: Watch) {
        if let Ok(mut kept) = self.0.try_lock()
            && kept.0 == Some(me)
            && kept.1.len() < MOST_KEPT
        {
            kept.1.push(watch);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsFd;

    use super::*;
    use crate::sys::{event, identity};

    #[test]
    fn words_are_known_until_others_are_followed() {
        let (event, me) = (event::create().expect("an event is to be had"), identity::current());
        let mut watch = Watch::new(event.as_fd()).expect("a set is to be had");
        assert!(!watch.knows([].into_iter()));
        watch.note(vec![1, 2]);
        assert!(watch.knows([1, 2].into_iter()));
        assert!(
            !watch.knows([1].into_iter()) && !watch.knows([1, 2, 3].into_iter()) && !watch.knows([2, 1].into_iter())
        );
        watch.follow([].into_iter(), me);
        assert!(!watch.knows([1, 2].into_iter()));
    }

    #[test]
    fn of_many_watches_that_were_used_at_once_a_few_are_kept() {
        let (event, me) = (event::create().expect("an event is to be had"), identity::current());
        let watches = Watches::new();
        let used = [(); 100].map(|()| watches.take(me, event.as_fd()).expect("a set is to be had"));
        used.into_iter().for_each(|watch| watches.put(me, watch));
        assert_eq!(watches.0.lock().expect("nobody has panicked with it").1.len(), MOST_KEPT);
    }

    #[test]
    fn words_of_peers_that_could_not_all_be_watched_are_not_noted() {
        let mut watch = Watch::of_many().expect("a set is to be had");
        watch.blind = true;
        watch.note(vec![1]);
        assert!(!watch.knows([1].into_iter()));
    }
}
