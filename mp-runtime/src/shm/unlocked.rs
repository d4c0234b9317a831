//! A value without a lock: what shared references allow is all there is.

use std::ffi::CStr;

use crate::shm::head::Head;
use crate::shm::placed::Placed;
use crate::shm::plain::Plain;

/// The head of a value that has none.
#[derive(Debug)]
pub(crate) struct Unlocked;

// SAFETY: there is nothing in it.
unsafe impl Head for Unlocked {
    const NAME: &'static CStr = c"mp-shared";

    fn init(&self) -> nix::Result<()> {
        Ok(())
    }
}

impl<T: Plain + Sync + ?Sized> Placed<Unlocked, T> {
    #[inline]
    pub(crate) fn get(&self) -> &T {
        // SAFETY: mapped and aligned while `self` lives, and made a value before anybody else knew of it. Nobody ever has a
        // mutable reference to it. What others may do to it by shared references at the same time, `Sync` says it bears:
        // threads of other processes do the same to the same memory as threads of this one.
        unsafe { self.value().as_ref() }
    }
}
