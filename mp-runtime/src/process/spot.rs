//! Where a process notes by what it knows a child, once that runs.
//!
//! That is written right after the fork, when each page written to has to be copied. So there are some spots in a page that
//! is copied anyway; beside so many children the cost of one page more is small.

use std::ops::Deref;
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};

use nix::unistd::Pid;

use crate::sys::fd::ProcessFd;

/// The spot of one child.
#[derive(Debug)]
pub(crate) struct Spot {
    taken: AtomicBool,
    /// 0 until it runs.
    id: AtomicI32,
    pidfd: ProcessFd,
}

/// The spots that a process has ready.
#[derive(Debug)]
pub(crate) struct Spots([Spot; 4]);

/// A spot, for as long as the value lives.
#[derive(Debug)]
pub(crate) enum Claim {
    Ready(&'static Spot),
    Other(Box<Spot>),
}

impl Spot {
    const fn new() -> Spot {
        Spot { taken: AtomicBool::new(false), id: AtomicI32::new(0), pidfd: ProcessFd::none() }
    }

    /// Notes that the child runs. Called once, before anybody else has the spot.
    pub(crate) fn fill(&self, id: Pid, pidfd: OwnedFd) {
        self.id.store(id.as_raw(), Ordering::Relaxed);
        self.pidfd.fill(pidfd);
    }

    /// Makes it as it was before it was filled. For when nobody else can see it.
    pub(crate) fn clear(&self) {
        self.pidfd.empty();
        self.id.store(0, Ordering::Relaxed);
    }

    /// Its id; 0 before it runs.
    pub(crate) fn id(&self) -> Pid {
        Pid::from_raw(self.id.load(Ordering::Relaxed))
    }

    pub(crate) fn pidfd(&self) -> &ProcessFd {
        &self.pidfd
    }
}

impl Spots {
    pub(crate) const fn new() -> Spots {
        Spots([const { Spot::new() }; 4])
    }

    /// A spot that nobody else has.
    pub(crate) fn claim(&'static self) -> Claim {
        let free = self.0.iter().find(|spot| !spot.taken.swap(true, Ordering::Acquire));
        free.map_or_else(|| Claim::Other(Box::new(Spot::new())), Claim::Ready)
    }
}

impl Deref for Claim {
    type Target = Spot;

    fn deref(&self) -> &Spot {
        match self {
            Claim::Ready(spot) => spot,
            Claim::Other(spot) => spot,
        }
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        if let Claim::Ready(spot) = self {
            spot.clear();
            spot.taken.store(false, Ordering::Release);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::os::fd::AsFd;

    use super::*;

    #[test]
    fn a_spot_is_one_childs_and_then_the_nexts() {
        static SPOTS: Spots = Spots::new();
        let claims: Vec<_> = (0..6).map(|_| SPOTS.claim()).collect();
        let ready = |claims: &[Claim]| claims.iter().filter(|claim| matches!(claim, Claim::Ready(_))).count();
        assert_eq!(ready(&claims), 4);
        for (id, claim) in (1..).zip(&claims) {
            claim.fill(Pid::from_raw(id), io::stdin().as_fd().try_clone_to_owned().expect("it is open"));
        }
        assert_eq!(claims.iter().map(|claim| claim.id().as_raw()).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6]);
        drop(claims);
        let claim = SPOTS.claim();
        assert!(ready(std::slice::from_ref(&claim)) == 1 && claim.id().as_raw() == 0 && claim.pidfd().get().is_none());
    }
}
