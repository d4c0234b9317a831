//! Sleep that is a future: what [`Link::wait`] does, in a runtime of tokio.

use std::os::fd::AsFd;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use crate::ipc::link::{Company, Link};
use crate::ipc::patience::HELD_UP;
use crate::ipc::watch::Watch;
use crate::ipc::{inbox, links};
use crate::shm::roster::Side;
use crate::sys::identity::Identity;
use crate::sys::readable::{Nap, Readable};

/// One who waits at a channel: for all the times that one future does. Nothing is lost with it.
#[derive(Debug)]
pub(crate) struct Slumber<'l> {
    link: &'l Link,
    side: Side,
    company: Company,
    me: Identity,
    watch: Option<(Watch, Readable)>,
    nap: Nap,
    /// Of a sender that has found no room: what told of room then.
    full: Option<(u64, u64)>,
}

/// How often to look after what nothing tells of.
const BLIND: Duration = Duration::from_millis(10);

impl<'l> Slumber<'l> {
    pub(crate) fn new(link: &'l Link, side: Side, company: Company, me: Identity) -> Slumber<'l> {
        Slumber { link, side, company, me, watch: None, nap: Nap::default(), full: None }
    }

    /// Whether anybody is there on the other side.
    pub(crate) fn has_company(&self) -> bool {
        self.link.is_attended(self.side.other())
    }

    /// What tells of room: before it changes, there is no more than there was.
    pub(crate) fn room(&self) -> (u64, u64) {
        room(self.link, self.company)
    }

    /// Notes that there was none, when this was what told of it.
    pub(crate) fn note_full(&mut self, room: (u64, u64)) {
        self.full = Some(room);
    }

    /// Waits until there may be room, if it was noted that there was none; or until nobody is left who makes it.
    pub(crate) fn poll_room(&mut self, cx: &mut Context<'_>) -> Poll<nix::Result<()>> {
        let (link, company) = (self.link, self.company);
        let Some(before) = self.full else { return Poll::Ready(Ok(())) };
        let waited = ready!(self.poll(cx, || room(link, company) != before));
        self.full = None;
        Poll::Ready(waited)
    }

    /// Waits until `ready`, which somebody in the company makes true, or until nobody is left there.
    ///
    /// The order matters, as it does in [`Link::wait`]. The set is asked after the runtime has said that there is something in it, and for
    /// all of that.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>, mut ready: impl FnMut() -> bool) -> Poll<nix::Result<()>> {
        let Slumber { link, side, company, me, .. } = *self;
        let roster = link.ring.roster();
        let (watch, readable) = match &mut self.watch {
            Some(watch) => watch,
            None => {
                let watch = link.watch(side, me)?;
                let readable = Readable::new(watch.as_fd())?;
                self.watch.insert((watch, readable))
            }
        };
        loop {
            link.ring.fall_asleep(side);
            let others = roster.holders(side.other());
            let ended = match company {
                Company::Others => watch.follow(others, me),
                Company::All => watch.follow(others.chain(roster.holders(side)), me),
            };
            link.bury(&ended);
            if side == Side::Receive {
                inbox::sweep(link, me);
            }
            if ready() || company.leaves(side) && !link.is_attended(side.other()) {
                return Poll::Ready(Ok(()));
            }
            let blindly = roster.only_travel(side.other());
            if blindly {
                links::sweep(me);
            }
            if (blindly || watch.is_blind()) && self.nap.poll(cx, BLIND).is_ready() {
                continue;
            }
            ready!(readable.poll(cx))?;
            // To the last: the set tells of a few at a time, and the runtime not at all of what is left in it.
            loop {
                let ended = watch.wait(Some(Instant::now()), false)?;
                if ended.is_empty() {
                    break;
                }
                link.bury(&ended);
            }
        }
    }

    /// Waits a moment, for one whose turn it is and who does not get on.
    pub(crate) fn poll_turn(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.nap.poll(cx, HELD_UP)
    }
}

/// The head; in a queue also the changes to who works on it, for a worker that has gone may have left an item that is done. Not so in a
/// channel: each time that it is tried to send one of its own ends, that makes changes.
fn room(link: &Link, company: Company) -> (u64, u64) {
    (link.ring.head(), if company == Company::All { link.ring.roster().changes() } else { 0 })
}

impl Drop for Slumber<'_> {
    fn drop(&mut self) {
        if let Some((watch, readable)) = self.watch.take() {
            drop(readable);
            self.link.keep(self.side, self.me, watch);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use super::*;
    use crate::ipc::stand_in::StandIn;
    use crate::sys::identity;

    #[test]
    fn who_is_told_once_finds_all_who_have_ended() {
        let link = Link::new(1 << 16, 1).expect("memory is to be had");
        let me = identity::current();
        // More than one wait tells of.
        let mut senders: Vec<_> = (0..40).map(|_| StandIn::new()).collect();
        for sender in &senders {
            link.ring.roster().take(Side::Send, sender.name).expect("there are places");
        }
        let mut slumber = Slumber::new(&link, Side::Receive, Company::Others, me);
        let mut polls = 0;
        let waited = poll_fn(|cx| {
            polls += 1;
            let polled = slumber.poll(cx, || false);
            senders.clear();
            polled
        });
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("it can be built");
        let waited = runtime.block_on(async { tokio::time::timeout(Duration::from_secs(10), waited).await });
        waited.expect("it is told").expect("nothing is lacking");
        assert_eq!(polls, 2);
        assert!(!link.is_attended(Side::Send));
    }
}
