//! A place to wait for one another.

use std::fmt;
use std::io;
use std::time::Duration;

use crate::ipc::by_file::travels_by_file;
use crate::ipc::sync::at_most;
use crate::ipc::sync::error::WaitError;
use crate::ipc::sync::participant;
use crate::shm::barrier::Rendezvous;
use crate::shm::owner::Patience;
use crate::shm::placed::Placed;

/// A barrier between processes: each that comes waits until so many have.
///
/// It never waits for the dead. If a process ends that has arrived, or that was here in an earlier round and so is
/// expected again, the barrier breaks: those that wait, and all that come, get an error that names it, until
/// [`reset`](Barrier::reset). So they do when a wait runs out of time, as with Python's. A process that comes for the first
/// time, while nobody waits, takes the place of those that have ended.
///
/// A process that dies before it ever came is not known here: for that, wait with a timeout. Those that wait notice
/// within some 20 ms, or a third of a second where a hundred processes come. Up to 120 can.
///
/// ```
/// use mp_runtime::process;
/// use mp_runtime::sync::Barrier;
///
/// #[process]
/// fn step(together: &Barrier) -> bool {
///     together.wait().unwrap().is_leader()
/// }
///
/// # fn main() -> std::io::Result<()> {
/// let barrier = Barrier::new(3)?;
/// let children = [(); 3].map(|()| step::spawn(&barrier).unwrap());
/// let leaders = children.map(|child| child.join().unwrap());
/// assert_eq!(leaders.into_iter().filter(|leads| *leads).count(), 1);
/// # Ok(())
/// # }
/// ```
pub struct Barrier(Placed<Rendezvous, ()>);

/// What a wait at a [`Barrier`] gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BarrierWaitResult(bool);

impl BarrierWaitResult {
    /// Whether this was the last to arrive: one in each round.
    pub fn is_leader(&self) -> bool {
        self.0
    }
}

impl Barrier {
    /// Makes a barrier for so many threads, of any processes, in memory of its own. 0 is as 1.
    ///
    /// # Errors
    ///
    /// When there is no memory, or no descriptor for it.
    pub fn new(parties: u32) -> io::Result<Self> {
        let placed: Placed<Rendezvous, ()> = Placed::zeroed(1)?;
        placed.begin(parties);
        Ok(Barrier(placed))
    }

    /// Waits until all have come.
    ///
    /// # Errors
    ///
    /// [`is_broken`](WaitError::is_broken) when it breaks or is broken; [`culprit`](WaitError::culprit) is who died.
    pub fn wait(&self) -> Result<BarrierWaitResult, WaitError> {
        Ok(BarrierWaitResult(self.0.wait(Patience::ForEver)?))
    }

    /// Waits until all have come, at most for `timeout`.
    ///
    /// ```
    /// use std::time::Duration;
    /// use mp_runtime::sync::Barrier;
    ///
    /// # fn main() -> std::io::Result<()> {
    /// let barrier = Barrier::new(2)?;
    /// assert!(barrier.wait_timeout(Duration::from_millis(1)).unwrap_err().is_timeout());
    /// assert!(barrier.is_broken());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Barrier::wait`]; and [`is_timeout`](WaitError::is_timeout) when the time was over, which breaks the barrier. Unless this
    /// thread could not even arrive in that time, for others were noting their arrivals, or one was stopped as it did: then it has
    /// not come, and the barrier is as it was. [`Barrier::is_broken`] tells.
    pub fn wait_timeout(&self, timeout: Duration) -> Result<BarrierWaitResult, WaitError> {
        Ok(BarrierWaitResult(self.0.wait(at_most(timeout))?))
    }

    /// Breaks the barrier: those that wait, and all that come, get an error.
    pub fn abort(&self) {
        // Fails only in a signal handler that interrupts another call here; that thread is not waiting.
        let _ = self.0.abort();
    }

    /// Makes the barrier as new. Those that wait are told that it broke.
    pub fn reset(&self) {
        // As above.
        let _ = self.0.reset();
    }

    /// Whether the barrier is broken.
    pub fn is_broken(&self) -> bool {
        self.0.is_broken()
    }

    /// How many have to come.
    pub fn parties(&self) -> u32 {
        self.0.parties()
    }
}

travels_by_file!([] Barrier, Placed<Rendezvous, ()>);

impl fmt::Debug for Barrier {
    /// Who waits. Takes no lock.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Barrier")
            .field("parties", &self.parties())
            .field("waiting", &participant::all(self.0.waiting()))
            .field("is_broken", &self.is_broken())
            .finish_non_exhaustive()
    }
}
