//! A robust lock with a note of who holds it.
//!
//! `holder` is set after the lock is taken and cleared before it is released. So a holder that was killed with `holder` set
//! may have changed what is behind the lock, and one that was killed with it clear has not touched it.

use std::thread;
use std::time::Instant;

use crate::shm::robust::{self, Held, NotTaken, Robust};
use crate::shm::who::{Tag, Who};
use crate::sys::atomic::Ordering::{Acquire, Relaxed, Release, SeqCst};
use crate::sys::atomic::{AtomicU32, AtomicU64, compiler_fence};
use crate::sys::identity::{self, Identity};

/// How long to wait for a lock.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Patience {
    ForEver,
    None,
    Until(Instant),
}

impl Patience {
    /// Whether the time is over.
    pub(crate) fn is_over(self) -> bool {
        match self {
            Patience::ForEver => false,
            Patience::None => true,
            Patience::Until(deadline) => Instant::now() >= deadline,
        }
    }
}

/// The lock and its notes.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct Owner {
    lock: Robust,
    /// Who holds it; 0 for nobody.
    holder: AtomicU64,
    /// Who held it last, with the name.
    last: Tag,
    /// Who died or panicked with it, until that is cleared.
    poison: Tag,
    /// How often that has happened, or oftener.
    failures: AtomicU32,
    /// How often the lock has gone from one process to another, or oftener.
    turnovers: AtomicU32,
}

/// The lock, held.
#[derive(Debug)]
pub(crate) struct Hold<'a> {
    // Dropped after `drop` has run: the notes come first.
    _held: Held<'a>,
    owner: &'a Owner,
    me: Identity,
    was_panicking: bool,
}

impl Owner {
    #[cfg(model)]
    pub(crate) fn zeroes() -> Owner {
        let (holder, [last, poison]) = (AtomicU64::new(0), [(); 2].map(|()| Tag::zeroes()));
        let [failures, turnovers] = [(); 2].map(|()| AtomicU32::new(0));
        Owner { lock: Robust::zeroes(), holder, last, poison, failures, turnovers }
    }

    pub(crate) fn init(&self) -> nix::Result<()> {
        self.lock.init()
    }

    /// Takes the lock.
    #[inline]
    pub(crate) fn take(&self, patience: Patience) -> Result<Hold<'_>, NotTaken> {
        if !robust::has_room() {
            return Err(NotTaken::TooMany);
        }
        let mut held = match patience {
            Patience::ForEver => self.lock.lock()?,
            Patience::None => self.lock.try_lock()?,
            Patience::Until(deadline) => self.lock.lock_until(deadline)?,
        };
        if held.orphaned {
            self.recover(&mut held);
        }
        let me = identity::current();
        if !self.last.is(me) {
            // First: killed in between, it has changed nothing, and the next one counts again.
            self.turnovers.store(self.turnovers.load(Relaxed).wrapping_add(1), SeqCst);
            self.last.set(Who::me());
        }
        self.holder.store(me.raw(), Release);
        // Before anything behind the lock is touched. A kill sees the instructions of the killed in their order.
        compiler_fence(SeqCst);
        Ok(Hold { _held: held, owner: self, me, was_panicking: thread::panicking() })
    }

    /// Takes over from a holder that died. Killed on the way, the next one begins it again.
    #[cold]
    fn recover(&self, held: &mut Held<'_>) {
        if self.holder.load(Relaxed) != 0
            && let Some(last) = self.last.get()
        {
            self.fail(last);
        }
        compiler_fence(SeqCst);
        held.settle();
    }

    /// Notes that the holder has failed. The first such is kept, until it is cleared.
    fn fail(&self, who: Who) {
        if !self.poison.is_set() {
            self.poison.set(who);
        }
        self.failures.fetch_add(1, SeqCst);
    }

    /// How often a holder has died or panicked, or oftener: others see by it that one has.
    pub(crate) fn failures(&self) -> u32 {
        self.failures.load(SeqCst)
    }

    /// How often the lock has gone from one process to another, or oftener: who had it sees by it that another has.
    pub(crate) fn turnovers(&self) -> u32 {
        self.turnovers.load(SeqCst)
    }

    /// Who died or panicked with the lock.
    pub(crate) fn poison(&self) -> Option<Who> {
        self.poison.get()
    }

    #[inline]
    pub(crate) fn is_poisoned(&self) -> bool {
        self.poison.is_set()
    }

    pub(crate) fn clear_poison(&self) {
        self.poison.clear();
    }

    /// Who holds the lock, as far as that can be said of what changes at any time.
    pub(crate) fn holder(&self) -> Option<Who> {
        if self.holder.load(Relaxed) == 0 { None } else { self.last.get() }
    }

    /// Whether the one who holds it has ended. It will be told to the next who takes it.
    pub(crate) fn is_orphaned(&self) -> bool {
        Identity::from_raw(self.holder.load(Acquire))
            .is_some_and(|holder| holder != identity::current() && holder.has_ended())
    }
}

impl Hold<'_> {
    /// Who holds it.
    #[inline]
    pub(crate) fn me(&self) -> Identity {
        self.me
    }

    /// Whether this is no copy, in a process that its holder has forked.
    #[inline]
    pub(crate) fn is_ours(&self) -> bool {
        self.me == identity::current()
    }
}

impl Drop for Hold<'_> {
    #[inline]
    fn drop(&mut self) {
        if !self.is_ours() {
            return; // a copy: the C library refuses to release it, too
        }
        if thread::panicking() && !self.was_panicking {
            self.owner.fail(Who::me().panicked());
        }
        // After everything behind the lock was touched.
        compiler_fence(SeqCst);
        self.owner.holder.store(0, Release);
    }
}
