//! So many at a time.

use std::fmt;
use std::io;
use std::time::Duration;

use crate::ipc::by_file::travels_by_file;
use crate::ipc::sync::at_most;
use crate::ipc::sync::error::WaitError;
use crate::ipc::sync::participant::Participant;
use crate::shm::owner::Patience;
use crate::shm::placed::Placed;
use crate::shm::semaphore::{Permit, Permits};

/// A number of permits that processes take and give back.
///
/// Unlike a POSIX semaphore's, a permit has an owner: when a process dies, the permits that it held are free again. Those
/// that wait for one notice within some 20 ms, or a third of a second where a hundred processes hold permits, and the one that
/// takes them back can [tell](SemaphoreGuard::recovered_from). One that calls `exec` has not died: it keeps its permits.
///
/// To signal with a semaphore, as with one that begins at 0, [add](Semaphore::add_permits) permits on one side, and
/// [forget](SemaphoreGuard::forget) on the other those that were acquired.
///
/// Up to 120 processes can hold permits at the same time, with any number of threads.
///
/// ```
/// use mp_runtime::process;
/// use mp_runtime::sync::Semaphore;
///
/// #[process]
/// fn work(two_at_a_time: &Semaphore) {
///     let _permit = two_at_a_time.acquire().unwrap();
///     // never more than two of us are here
/// }
///
/// # fn main() -> std::io::Result<()> {
/// let semaphore = Semaphore::new(2)?;
/// let workers = [(); 4].map(|()| work::spawn(&semaphore).unwrap());
/// for worker in workers {
///     worker.join().unwrap();
/// }
/// assert_eq!(semaphore.available_permits(), 2);
/// # Ok(())
/// # }
/// ```
pub struct Semaphore(Placed<Permits, ()>);

/// A permit of a [`Semaphore`]; dropped, it is free again.
///
/// A permit is for the process that took it. Its copy in a process that was forked meanwhile gives nothing back when it is
/// dropped, and keeps nothing: moved into a process, the permit is free when the start has returned, for the original is dropped
/// then. A process that is to have a permit acquires it.
#[must_use = "the permit is given back when the guard is dropped"]
pub struct SemaphoreGuard<'a>(Permit<'a>);

impl Semaphore {
    /// Makes a semaphore with so many permits, at most 2147483647, in memory of its own.
    ///
    /// # Errors
    ///
    /// When there is no memory, or no descriptor for it.
    pub fn new(permits: u32) -> io::Result<Self> {
        let placed: Placed<Permits, ()> = Placed::zeroed(1)?;
        placed.begin(permits);
        Ok(Semaphore(placed))
    }

    /// Waits for a permit and takes it.
    ///
    /// # Errors
    ///
    /// [`is_full`](WaitError::is_full) when 120 other processes hold permits.
    pub fn acquire(&self) -> Result<SemaphoreGuard<'_>, WaitError> {
        self.take(Patience::ForEver)
    }

    /// Takes a permit if there is a free one.
    ///
    /// # Errors
    ///
    /// As [`Semaphore::acquire`]; and [`is_timeout`](WaitError::is_timeout) when there is none, or when a process was stopped in the
    /// few instructions in which it took or gave back one, after a tenth of a second.
    pub fn try_acquire(&self) -> Result<SemaphoreGuard<'_>, WaitError> {
        self.take(Patience::None)
    }

    /// Waits for a permit at most for `timeout`.
    ///
    /// # Errors
    ///
    /// As [`Semaphore::acquire`]; and [`is_timeout`](WaitError::is_timeout) when the time was over.
    pub fn acquire_timeout(&self, timeout: Duration) -> Result<SemaphoreGuard<'_>, WaitError> {
        self.take(at_most(timeout))
    }

    fn take(&self, patience: Patience) -> Result<SemaphoreGuard<'_>, WaitError> {
        Ok(SemaphoreGuard(self.0.take(patience)?))
    }

    /// Adds permits, and wakes those that wait for them.
    ///
    /// ```
    /// use mp_runtime::sync::Semaphore;
    ///
    /// # fn main() -> std::io::Result<()> {
    /// let semaphore = Semaphore::new(0)?;
    /// semaphore.add_permits(2);
    /// semaphore.acquire().unwrap().forget();
    /// assert_eq!(semaphore.available_permits(), 1);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Panics
    ///
    /// If there would be more than 2147483647.
    pub fn add_permits(&self, permits: u32) {
        let added = self.0.add(permits);
        assert!(added == Ok(true), "a semaphore has at most {} permits", Permits::MOST);
    }

    /// How many permits are free; for messages, for it may have changed when this returns.
    pub fn available_permits(&self) -> u32 {
        self.0.free()
    }
}

travels_by_file!([] Semaphore, Placed<Permits, ()>);

impl fmt::Debug for Semaphore {
    /// What is free, and who holds how many. Takes no lock.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let holders: Vec<_> = self.0.holders().into_iter().map(|(who, count)| (Participant(who), count)).collect();
        let available = self.available_permits();
        f.debug_struct("Semaphore").field("available", &available).field("holders", &holders).finish_non_exhaustive()
    }
}

impl SemaphoreGuard<'_> {
    /// The process that held the permit before and died with it, if that is how it came free.
    ///
    /// All permits of one that has died come free at once, for the first that needs one, who is told; those that take the others are not.
    pub fn recovered_from(&self) -> Option<Participant> {
        self.0.from.map(Participant)
    }

    /// Takes the permit out of the semaphore for ever.
    pub fn forget(self) {
        self.0.forget();
    }
}

impl fmt::Debug for SemaphoreGuard<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SemaphoreGuard").field("recovered_from", &self.recovered_from()).finish_non_exhaustive()
    }
}
