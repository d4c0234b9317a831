//! A flag to wait for. One word: to change it and to wake is one instruction, or one system call.

use std::ffi::CStr;

use crate::shm::head::Head;
use crate::shm::owner::Patience;
use crate::sys::atomic::AtomicU32;
use crate::sys::atomic::Ordering::SeqCst;
use crate::sys::futex::{self, Change};

#[derive(Debug)]
#[repr(C)]
pub(crate) struct Flag {
    word: AtomicU32,
}

/// Not set, and nobody sleeps.
const CLEAR: u32 = 0;
/// Set. Nobody sleeps.
const SET: u32 = 1;
/// Not set, and there may be sleepers. One that was killed leaves it so: it costs the next to set it a system call.
const AWAITED: u32 = 2;

// SAFETY: an atomic; zero is what it begins with.
unsafe impl Head for Flag {
    const NAME: &'static CStr = c"mp-event";

    fn init(&self) -> nix::Result<()> {
        Ok(())
    }
}

impl Flag {
    #[cfg(model)]
    pub(crate) fn zeroes() -> Flag {
        Flag { word: AtomicU32::new(0) }
    }

    pub(crate) fn is_set(&self) -> bool {
        self.word.load(SeqCst) == SET
    }

    pub(crate) fn set(&self) {
        if self.word.compare_exchange(CLEAR, SET, SeqCst, SeqCst) == Err(AWAITED) {
            // Perhaps it is set by now, or cleared: setting it again is what we are here for, and wakes whoever sleeps.
            futex::change_and_wake(&self.word, Change::Set(SET), &self.word, futex::ALL);
        }
    }

    pub(crate) fn clear(&self) {
        // Fails where it is not set.
        let _ = self.word.compare_exchange(SET, CLEAR, SeqCst, SeqCst);
    }

    /// Waits until it is set; `false` when the time was over first.
    pub(crate) fn wait(&self, patience: Patience) -> bool {
        loop {
            let word = self.word.load(SeqCst);
            if word == SET {
                return true;
            }
            if patience.is_over() {
                return false;
            }
            if word == CLEAR && self.word.compare_exchange(CLEAR, AWAITED, SeqCst, SeqCst).is_err() {
                continue;
            }
            let deadline = if let Patience::Until(deadline) = patience { Some(deadline) } else { None };
            futex::wait(&self.word, AWAITED, deadline);
        }
    }
}
