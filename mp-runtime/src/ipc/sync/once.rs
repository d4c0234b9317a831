//! What is done once, by whoever comes first.

use std::fmt;
use std::io;
use std::time::Duration;

use crate::ipc::by_file::travels_by_file;
use crate::ipc::sync::at_most;
use crate::ipc::sync::error::WaitError;
use crate::ipc::sync::participant::Participant;
use crate::shm::once::Single;
use crate::shm::owner::Patience;
use crate::shm::placed::Placed;

/// Something that one of several processes does, once.
///
/// As [`std::sync::Once`], and between processes. If the one that does it dies or panics half-way, the next does it, and is
/// told: [`OnceState::failed`]. What is said of trust and of 2000 locks at [`Mutex`](crate::sync::Mutex) holds here, too.
///
/// ```
/// use mp_runtime::process;
/// use mp_runtime::sync::{Mutex, Once};
///
/// #[process]
/// fn begin(once: &Once, times: &Mutex<u32>) {
///     once.call_once(|_| *times.lock().unwrap() += 1).unwrap();
/// }
///
/// # fn main() -> std::io::Result<()> {
/// let (once, times) = (Once::new()?, Mutex::new(0)?);
/// let children = [(); 3].map(|()| begin::spawn(&once, &times).unwrap());
/// for child in children {
///     child.join().unwrap();
/// }
/// assert_eq!(*times.lock().unwrap(), 1);
/// # Ok(())
/// # }
/// ```
pub struct Once(Placed<Single, ()>);

/// What a function that is called [once](Once::call_once) is told.
#[derive(Debug)]
pub struct OnceState(Option<Participant>);

impl OnceState {
    /// The process that has begun before, and died or panicked of it: part of the work may be done.
    pub fn failed(&self) -> Option<Participant> {
        self.0
    }
}

impl Once {
    /// Makes one that is not done, in memory of its own.
    ///
    /// # Errors
    ///
    /// When there is no memory, or no descriptor for it.
    pub fn new() -> io::Result<Self> {
        Ok(Once(Placed::zeroed(1)?))
    }

    /// Calls `work`, unless it is done; waits for another that does it. When this returns, it is done.
    ///
    /// # Errors
    ///
    /// [`is_deadlock`](WaitError::is_deadlock) when `work` itself comes here.
    pub fn call_once(&self, work: impl FnOnce(&OnceState)) -> Result<(), WaitError> {
        self.call(work, Patience::ForEver)
    }

    /// As [`Once::call_once`], but waits for another at most for `timeout`.
    ///
    /// # Errors
    ///
    /// As [`Once::call_once`]; and [`is_timeout`](WaitError::is_timeout) when the time was over and another still at it.
    pub fn call_once_timeout(&self, timeout: Duration, work: impl FnOnce(&OnceState)) -> Result<(), WaitError> {
        self.call(work, at_most(timeout))
    }

    fn call(&self, work: impl FnOnce(&OnceState), patience: Patience) -> Result<(), WaitError> {
        if let Some(turn) = self.0.begin(patience)? {
            work(&OnceState(turn.failed().map(Participant)));
            turn.finish();
        }
        Ok(())
    }

    /// Whether it is done.
    pub fn is_completed(&self) -> bool {
        self.0.is_done()
    }
}

travels_by_file!([] Once, Placed<Single, ()>);

impl fmt::Debug for Once {
    /// Who is at it. Takes no lock.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let doer = self.0.doer().map(Participant);
        f.debug_struct("Once").field("is_completed", &self.is_completed()).field("doer", &doer).finish_non_exhaustive()
    }
}
