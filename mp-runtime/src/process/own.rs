//! What a process has once: its registry, what it knows of its own report, its seed, room for a few records.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::process::outbox::{self, Mine};
use crate::process::record::Record;
use crate::process::registry::Registry;
use crate::process::seed;
use crate::process::vigil::Vigil;
use crate::sys::counted::Slot;
use crate::sys::first_in_page::first_in_page;

first_in_page! {
    /// What this process knows of itself, and of a few children. Both sides of a start write to most of it; it lies in one page, which is copied
    /// once. What a parent has learnt from its waits is its child's, too.
    static OWN: Own = Own {
        registry: Mutex::new(Registry::new()),
        mine: Mine::none(),
        seed: AtomicU64::new(0),
        records: [const { Slot::new() }; 3],
        vigil: Vigil::new(),
    };
}

#[repr(align(2048))] // so that it lies in one page also where it does not begin it
struct Own {
    /// Held across a fork, so that the child finds it free.
    registry: Mutex<Registry>,
    mine: Mine,
    /// What the random numbers of a program begin with; 0 before it is asked for.
    seed: AtomicU64,
    /// For the records of its children, and for its own, which a forked child has inherited in one of them.
    records: [Slot<Record>; 3],
    vigil: Vigil,
}

const _: () = assert!(size_of::<Own>() == 2048, "what lies behind it is to be in its page, too");

/// The registry of this process.
pub(crate) fn lock() -> MutexGuard<'static, Registry> {
    // What is behind it is valid after any panic: each change is a single push, take or remove.
    OWN.registry.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether there is something to be brought to its end: children, or the server.
#[inline]
pub(crate) fn has_children() -> bool {
    lock().has_children()
}

/// What the process knows of its own report; without the lock, for signal handlers and panic hooks.
pub(crate) fn mine() -> &'static Mine {
    &OWN.mine
}

/// Where the records of children lie, if there are not more of them.
pub(crate) fn slots_of_records() -> &'static [Slot<Record>] {
    &OWN.records
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_begins_a_page() {
        assert_eq!(std::ptr::from_ref(&OWN).addr() % 4096, 0);
    }
}
