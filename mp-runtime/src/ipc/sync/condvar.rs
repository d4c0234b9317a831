//! Waiting for what somebody else changes.

use std::fmt;
use std::io;
use std::time::{Duration, Instant};

use crate::ipc::by_file::travels_by_file;
use crate::ipc::sync::at_most;
use crate::ipc::sync::error::LockError;
use crate::ipc::sync::mutex::MutexGuard;
use crate::ipc::sync::participant;
use crate::shm::condvar::Waiters;
use crate::shm::monitor::NoSeat;
use crate::shm::owner::Patience;
use crate::shm::placed::Placed;
use crate::shm::plain::Plain;
use crate::shm::robust::NotTaken;

/// A condition variable between processes.
///
/// As [`std::sync::Condvar`]: a wait may end without a notification, so what is waited for is looked at again. Notifying
/// takes no lock and waits for nobody, however many of those that wait have been killed. If the one that was notified is,
/// or one that has the lock which the others wait to get back, these come back within some 20 ms, or a third of a second where a
/// hundred processes wait, and look, or learn of it by the lock's error. So they do if the one that was to notify is killed with the
/// lock. If it is killed after it has released the lock and before it has notified, nobody can tell. So whoever has waited for half a second
/// comes back once another process has had the lock since, notified or not, and looks. Notify with the lock held, and no such time is lost.
///
/// Up to 120 processes can wait for one at the same time, with any number of threads.
///
/// ```
/// use mp_runtime::process;
/// use mp_runtime::sync::{Condvar, Mutex};
///
/// #[process]
/// fn announce(ready: &Mutex<u8>, changed: &Condvar) {
///     let mut ready = ready.lock().unwrap();
///     *ready = 1;
///     changed.notify_all();
/// }
///
/// # fn main() -> std::io::Result<()> {
/// let (ready, changed) = (Mutex::new(0)?, Condvar::new()?);
/// let child = announce::spawn(&ready, &changed).unwrap();
/// let guard = changed.wait_while(ready.lock().unwrap(), |ready| *ready == 0).unwrap();
/// assert_eq!(*guard, 1);
/// # drop(guard);
/// # child.join().unwrap();
/// # Ok(())
/// # }
/// ```
pub struct Condvar(Placed<Waiters, ()>);

/// How long one that waits trusts that those who have had the lock since have notified, or live to.
const TRUST: Duration = Duration::from_millis(500);

/// The guard again, or the lock's error.
type Back<'a, T> = Result<MutexGuard<'a, T>, LockError<MutexGuard<'a, T>>>;
/// The same, and whether it came before the time was over.
type BackInTime<'a, T> = Result<(MutexGuard<'a, T>, bool), LockError<MutexGuard<'a, T>>>;

impl Condvar {
    /// Makes a condition variable, in memory of its own.
    ///
    /// # Errors
    ///
    /// When there is no memory, or no descriptor for it.
    pub fn new() -> io::Result<Self> {
        Ok(Condvar(Placed::zeroed(1)?))
    }

    /// Gives up the lock, waits for a notification, and takes the lock again.
    ///
    /// # Errors
    ///
    /// As [`Mutex::lock`](crate::sync::Mutex::lock), when the lock is taken again; and without the guard, when 120 other
    /// processes wait.
    pub fn wait<'a, T: Plain + ?Sized>(&self, guard: MutexGuard<'a, T>) -> Back<'a, T> {
        Ok(self.sleep(guard, Patience::ForEver)?.0)
    }

    /// Waits as long as `condition` holds, which it is asked with the lock held.
    ///
    /// # Errors
    ///
    /// As [`Condvar::wait`].
    pub fn wait_while<'a, T: Plain + ?Sized>(
        &self,
        mut guard: MutexGuard<'a, T>,
        mut condition: impl FnMut(&mut T) -> bool,
    ) -> Back<'a, T> {
        while condition(&mut guard) {
            guard = self.wait(guard)?;
        }
        Ok(guard)
    }

    /// As [`Condvar::wait`], at most for `timeout`; and whether it ended before that.
    ///
    /// The lock is taken again in any case, which takes as long as another has it.
    ///
    /// ```
    /// use std::time::Duration;
    /// use mp_runtime::sync::{Condvar, Mutex};
    ///
    /// # fn main() -> std::io::Result<()> {
    /// let (mutex, changed) = (Mutex::new(0_u8)?, Condvar::new()?);
    /// let (guard, in_time) = changed.wait_timeout(mutex.lock().unwrap(), Duration::from_millis(1)).unwrap();
    /// assert!(!in_time);
    /// # drop(guard);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Condvar::wait`].
    pub fn wait_timeout<'a, T: Plain + ?Sized>(
        &self,
        guard: MutexGuard<'a, T>,
        timeout: Duration,
    ) -> BackInTime<'a, T> {
        self.sleep(guard, at_most(timeout))
    }

    /// As [`Condvar::wait_while`], at most for `timeout`; and whether the condition no longer holds.
    ///
    /// # Errors
    ///
    /// As [`Condvar::wait`].
    pub fn wait_timeout_while<'a, T: Plain + ?Sized>(
        &self,
        mut guard: MutexGuard<'a, T>,
        timeout: Duration,
        mut condition: impl FnMut(&mut T) -> bool,
    ) -> BackInTime<'a, T> {
        let deadline = Instant::now().checked_add(timeout);
        let patience = deadline.map_or(Patience::ForEver, Patience::Until);
        while condition(&mut guard) {
            if patience.is_over() {
                return Ok((guard, false));
            }
            (guard, _) = self.sleep(guard, patience)?;
        }
        Ok((guard, true))
    }

    fn sleep<'a, T: Plain + ?Sized>(&self, guard: MutexGuard<'a, T>, patience: Patience) -> BackInTime<'a, T> {
        let mutex = guard.mutex;
        let waiter = match self.0.begin(patience) {
            Err(NoSeat::NotTaken(NotTaken::Busy)) => return Ok((guard, false)),
            waiter => waiter?,
        };
        let (failures, turnovers, begun) = (mutex.failures(), mutex.turnovers(), Instant::now());
        drop(guard);
        // One that has released the lock and was killed before it could notify leaves no trace but that it has had it.
        let is_doubtful = || begun.elapsed() >= TRUST && mutex.turnovers() != turnovers;
        let in_time = waiter.sleep(|| mutex.has_failed_since(failures) || is_doubtful());
        let answer = mutex.lock();
        // After the lock: killed on the way to it, perhaps with a notification, we are a waiter that the others miss.
        drop(waiter);
        Ok((answer?, in_time))
    }

    /// Wakes one of those that wait, if any do.
    pub fn notify_one(&self) {
        self.0.notify_one();
    }

    /// Wakes all that wait.
    pub fn notify_all(&self) {
        self.0.notify_all();
    }
}

travels_by_file!([] Condvar, Placed<Waiters, ()>);

impl fmt::Debug for Condvar {
    /// Who waits. Takes no lock.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Condvar").field("waiting", &participant::all(self.0.waiting())).finish_non_exhaustive()
    }
}
