//! Processes, as they are noted: without names.

use crate::sys::atomic::AtomicU64;
use crate::sys::atomic::Ordering::{Acquire, Release};
use crate::sys::identity::{self, Identity};

pub(crate) const SEATS: usize = 3;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Who(pub(crate) u64);

impl Who {
    pub(crate) fn me() -> Who {
        Who(identity::current().raw())
    }

    pub(crate) fn panicked(self) -> Who {
        Who(self.0 | 1 << 63)
    }
}

#[derive(Debug)]
pub(crate) struct Tag(AtomicU64);

impl Tag {
    pub(crate) fn zeroes() -> Tag {
        Tag(AtomicU64::new(0))
    }

    pub(crate) fn set(&self, who: Who) {
        self.0.store(who.0, Release);
    }

    pub(crate) fn clear(&self) {
        self.0.store(0, Release);
    }

    pub(crate) fn is_set(&self) -> bool {
        self.0.load(Acquire) != 0
    }

    pub(crate) fn is(&self, identity: Identity) -> bool {
        self.0.load(Acquire) == identity.raw()
    }

    pub(crate) fn get(&self) -> Option<Who> {
        let word = self.0.load(Acquire);
        (word != 0).then_some(Who(word))
    }

    pub(crate) fn has_ended(&self) -> bool {
        Identity::from_raw(self.0.load(Acquire)).is_some_and(Identity::has_ended)
    }
}
