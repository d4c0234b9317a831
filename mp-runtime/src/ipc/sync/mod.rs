//! Locks between processes, and other ways to wait for one another.

pub(crate) mod barrier;
pub(crate) mod condvar;
pub(crate) mod error;
pub(crate) mod event;
pub(crate) mod mutex;
pub(crate) mod once;
pub(crate) mod participant;
pub(crate) mod rwlock;
pub(crate) mod semaphore;

use std::time::{Duration, Instant};

use crate::shm::owner::Patience;

/// A wait of at most `timeout`. A deadline beyond what the clock can say is none.
fn at_most(timeout: Duration) -> Patience {
    Instant::now().checked_add(timeout).map_or(Patience::ForEver, Patience::Until)
}
