//! Processes by number.

use crate::world;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Identity(u64);

impl Identity {
    pub(crate) fn raw(self) -> u64 {
        self.0
    }

    pub(crate) fn from_raw(word: u64) -> Option<Identity> {
        (word != 0).then_some(Identity(word))
    }

    pub(crate) fn has_ended(self) -> bool {
        world::step();
        world::has_ended(self.0)
    }
}

pub(crate) fn current() -> Identity {
    Identity(world::me())
}
