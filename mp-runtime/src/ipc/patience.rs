//! How long to wait for what cannot be had at once, and for a turn that is another's.

use std::thread;
use std::time::{Duration, Instant};

use crate::shm::turn::Verdict;
use crate::sys::clock;
use crate::sys::identity::Identity;

/// How long to wait for what cannot be had at once.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Patience {
    /// Not at all.
    Never,
    /// Not at all, and without asking after the others: whoever is polled waits for all of that by himself.
    #[cfg(feature = "tokio")]
    Polled,
    /// Until then, or for ever.
    Until(Option<Instant>),
}

impl Patience {
    /// For `timeout`; one beyond what the clock can say is for ever.
    pub(crate) fn of(timeout: Duration) -> Patience {
        Patience::Until(Instant::now().checked_add(timeout))
    }

    /// The same, for no longer than a moment.
    pub(crate) fn briefly(self) -> Patience {
        if let Patience::Until(_) = self { Patience::Never } else { self }
    }

    /// Whether there is time left.
    pub(crate) fn lasts(self) -> bool {
        matches!(self, Patience::Until(deadline) if deadline.is_none_or(|deadline| Instant::now() < deadline))
    }
}

/// How often to try while it is another's turn: it is short, unless that process is held up.
pub(crate) const HELD_UP: Duration = Duration::from_millis(1);

/// What to do while it is another's turn: it is short, unless that process has died or is held up.
#[inline]
pub(crate) fn hindered(patience: Patience) -> impl FnMut(u64) -> Verdict {
    let mut tries = 0_u32;
    move |holder| {
        tries = tries.saturating_add(1);
        if tries < AWAKE {
            std::hint::spin_loop();
            return Verdict::Again;
        }
        held_up(tries, holder, patience)
    }
}

/// Takes a turn from the dead, but does not wait for one of the living.
pub(crate) fn not_of_the_living(holder: u64) -> Verdict {
    if Identity::from_raw(holder).is_none_or(Identity::has_ended) { Verdict::Ended } else { Verdict::Enough }
}

const AWAKE: u32 = 200;
const POLITE: u32 = 220;
/// Naps up to a millisecond, a few of them.
const IMPATIENT: u32 = 230;

#[cold]
fn held_up(tries: u32, holder: u64, patience: Patience) -> Verdict {
    if tries < POLITE {
        thread::yield_now();
        return Verdict::Again;
    }
    if Identity::from_raw(holder).is_none_or(Identity::has_ended) {
        return Verdict::Ended;
    }
    let enough = match patience {
        Patience::Never => tries > IMPATIENT,
        #[cfg(feature = "tokio")]
        Patience::Polled => true,
        Patience::Until(deadline) => deadline.is_some_and(|deadline| Instant::now() >= deadline),
    };
    if enough {
        return Verdict::Enough;
    }
    clock::nap(Duration::from_micros(20 << ((tries - POLITE) / 4).min(5)));
    Verdict::Again
}
