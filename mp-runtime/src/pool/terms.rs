//! What a worker holds itself to: how much it may grow, and how long it waits for work.

use std::time::{Duration, Instant};

use crate::sys::memory;

/// What a worker is told at its start.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Terms {
    /// By how many bytes it may grow.
    pub(crate) growth: Option<u64>,
    /// How long it stays when there is nothing to do.
    pub(crate) idle: Option<Duration>,
}

/// How large a worker may be.
#[derive(Debug, Default)]
pub(crate) struct Size(Option<u64>);

impl Terms {
    /// How large it may be, by what it is now. Where the kernel does not tell, there is no limit.
    pub(crate) fn size(&self) -> Size {
        Size(self.growth.and_then(|growth| Some(memory::resident()?.saturating_add(growth))))
    }

    /// When it is to leave, if there is nothing to do from now on.
    pub(crate) fn leave(&self) -> Option<Instant> {
        self.idle.and_then(|idle| Instant::now().checked_add(idle))
    }
}

impl Size {
    #[inline]
    pub(crate) fn is_exceeded(&self) -> bool {
        self.0.is_some_and(|most| memory::resident().is_some_and(|now| now > most))
    }
}
