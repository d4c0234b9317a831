//! What a process has once: its registry, what it knows of its own report, its seed.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::process::outbox::{self, Mine};
use crate::process::registry::Registry;
use crate::process::seed;
use crate::process::spot::{Claim, Spots};
use crate::process::vigil::Vigil;
use crate::sys::near::near;

/// What this process knows of itself. A child writes to most of it at its start; it lies in one page, which is copied once. What its parent has
/// learnt from its waits is the child's, too.
static OWN: Own = Own {
    registry: Mutex::new(Registry::new()),
    mine: Mine::none(),
    seed: AtomicU64::new(0),
    spots: Spots::new(),
    vigil: Vigil::new(),
};

#[repr(align(512))]
struct Own {
    /// Held across a fork, so that the child finds it free.
    registry: Mutex<Registry>,
    mine: Mine,
    /// What the random numbers of a program begin with; 0 before it is asked for.
    seed: AtomicU64,
    spots: Spots,
    vigil: Vigil,
}

const _: () = assert!(size_of::<Own>() == 512, "larger than its alignment, it could lie in two pages");

/// The registry of this process.
pub(crate) fn lock() -> MutexGuard<'static, Registry> {
    // What is behind it is valid after any panic: each change is a single push, take or remove.
    OWN.registry.lock().unwrap_or_else(PoisonError::into_inner)
}

near! {
    /// Whether there is something to be brought to its end: children, or the server.
    pub(crate) fn has_children() -> bool {
        lock().has_children()
    }
}

/// What the process knows of its own report; without the lock, for signal handlers and panic hooks.
pub(crate) fn mine() -> &'static Mine {
    &OWN.mine
}

/// Where to note by what a child is known that is about to be started.
pub(crate) fn spot() -> Claim {
    OWN.spots.claim()
}

/// Whether to wait awake for the end of a child.
pub(crate) fn vigil() -> &'static Vigil {
    &OWN.vigil
}

/// What the random numbers of this process begin with. Takes no lock: fork handlers ask, too, while the registry is held.
pub(crate) fn seed() -> u64 {
    if let Some(launch) = outbox::launch() {
        return launch.seed;
    }
    match OWN.seed.load(Ordering::Relaxed) {
        0 => {
            let made = seed::random().max(1);
            OWN.seed.compare_exchange(0, made, Ordering::Relaxed, Ordering::Relaxed).map_or_else(|seed| seed, |_| made)
        }
        seed => seed,
    }
}
