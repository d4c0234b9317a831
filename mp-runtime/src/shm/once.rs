//! Something that is done once, by whichever process comes first; again, by another, if that one dies of it.

use std::ffi::CStr;

use crate::shm::head::Head;
use crate::shm::owner::{Hold, Owner, Patience};
use crate::shm::robust::NotTaken;
use crate::shm::who::Who;
use crate::sys::atomic::AtomicU32;
use crate::sys::atomic::Ordering::{Acquire, Release};

#[derive(Debug)]
#[repr(C)]
pub(crate) struct Single {
    /// Held by the one who does it.
    owner: Owner,
    done: AtomicU32,
}

// SAFETY: a robust lock and atomics; zeroes are what they begin with; 8 bytes of alignment.
unsafe impl Head for Single {
    const NAME: &'static CStr = c"mp-once";

    fn init(&self) -> nix::Result<()> {
        self.owner.init()
    }
}

/// The right to do it, and nobody else has it. Not to be forgotten: its memory is mapped as long as it is borrowed, and no longer.
#[derive(Debug)]
pub(crate) struct Turn<'a> {
    head: &'a Single,
    hold: Hold<'a>,
}

impl Single {
    #[cfg(model)]
    pub(crate) fn zeroes() -> Single {
        Single { owner: Owner::zeroes(), done: AtomicU32::new(0) }
    }

    #[inline]
    pub(crate) fn is_done(&self) -> bool {
        self.done.load(Acquire) != 0
    }

    /// Waits until it is done, or it is the caller's turn to do it.
    pub(crate) fn begin(&self, patience: Patience) -> Result<Option<Turn<'_>>, NotTaken> {
        if self.is_done() {
            return Ok(None);
        }
        let hold = self.owner.take(patience)?;
        if self.is_done() {
            // Whoever has died since then, has done it first.
            return Ok(None);
        }
        Ok(Some(Turn { head: self, hold }))
    }

    /// Who does it.
    pub(crate) fn doer(&self) -> Option<Who> {
        self.owner.holder()
    }
}

impl Turn<'_> {
    /// Who has died or panicked of it before.
    pub(crate) fn failed(&self) -> Option<Who> {
        self.head.owner.poison()
    }

    /// Says that it is done. Not in a copy, in a process that was forked while it was being done.
    pub(crate) fn finish(self) {
        if self.hold.is_ours() {
            self.head.done.store(1, Release);
        }
    }
}
