//! A value that one thread of all processes has at a time.

use std::fmt;
use std::io;
use std::ops::{Deref, DerefMut};
use std::time::Duration;

use zerocopy::FromZeros;

use crate::ipc::by_file::travels_by_file;
use crate::ipc::sync::at_most;
use crate::ipc::sync::error::LockError;
use crate::ipc::sync::participant::Participant;
use crate::shm::access::{Exclusive, Pinned};
use crate::shm::owner::{Owner, Patience};
use crate::shm::placed::Placed;
use crate::shm::plain::Plain;

/// A lock between processes with the value that it protects, in shared memory.
///
/// As [`std::sync::Mutex`], and between processes: every process that is forked after the mutex was made shares it, by
/// a borrow or by a move into it. A thread that takes it twice gets an error, where std's hangs.
///
/// If a process dies with the lock, by whatever signal and at whatever instruction, the kernel hands it on, and whoever
/// takes it next is told who died: see [`LockError`]. A holder that was killed before it could touch the value is not
/// worth a warning, and there is none.
///
/// The value is [plain data](Plain): numbers, arrays, structs that derive [`FromBytes`](zerocopy::FromBytes); or a slice
/// of such. It is never dropped.
///
/// A guard is for the process that took it. In a process forked meanwhile its copy panics when it is used, and does nothing
/// when it is dropped. A plain reference that was taken from a guard, `&mut *guard`, must not be lent to a process: it is to the value itself
/// there, too, and outlives the lock if the guard is dropped here. Nothing checks that; lend the mutex, and lock it there.
///
/// A thread can hold 2000 mutexes and turns of [`Once`](crate::sync::Once) at a time, for the kernel hands on no more than
/// about that many from a thread that dies. A process that calls `exec` with the lock is as one that died with it.
///
/// The processes must trust each other: a mutex contains addresses of the process that holds it, and the C library writes to
/// where they point. What writes to the memory of a lock by other means, a stray pointer in one process, can crash another.
///
/// ```
/// use mp_runtime::process;
/// use mp_runtime::sync::Mutex;
///
/// #[process]
/// fn add(counter: &Mutex<u64>) {
///     for _ in 0..1000 {
///         *counter.lock().unwrap() += 1;
///     }
/// }
///
/// # fn main() -> std::io::Result<()> {
/// let counter = Mutex::new(0)?;
/// let children = [add::spawn(&counter).unwrap(), add::spawn(&counter).unwrap()];
/// for child in children {
///     child.join().unwrap();
/// }
/// assert_eq!(*counter.lock().unwrap(), 2000);
/// # Ok(())
/// # }
/// ```
pub struct Mutex<T: Plain + ?Sized>(Placed<Owner, T>);

/// The value of a [`Mutex`], until dropped. For this process only: see there, also of references to the value.
#[must_use = "the lock is released when the guard is dropped"]
pub struct MutexGuard<'a, T: Plain + ?Sized> {
    value: Exclusive<'a, T, Pinned<'a>>,
    pub(crate) mutex: &'a Mutex<T>,
}

/// What the functions that lock answer.
type Answer<'a, T> = Result<MutexGuard<'a, T>, LockError<MutexGuard<'a, T>>>;

impl<T: Plain<Element = T>> Mutex<T> {
    /// Makes a mutex with a value, in memory of its own.
    ///
    /// # Errors
    ///
    /// When there is not that much memory, or no descriptor for it.
    pub fn new(value: T) -> io::Result<Self> {
        let mut value = Some(value);
        let once = |_| match value.take() {
            Some(value) => value,
            None => unreachable!("one element is asked for once"),
        };
        Ok(Mutex(Placed::new(1, once)?))
    }
}

impl<T: FromZeros> Mutex<[T]>
where
    [T]: Plain<Element = T>,
{
    /// Makes a mutex with `length` values, all of them zeroes.
    ///
    /// ```
    /// use mp_runtime::sync::Mutex;
    ///
    /// # fn main() -> std::io::Result<()> {
    /// let row = Mutex::<[f64]>::zeroed(100)?;
    /// row.lock().unwrap()[7] = 0.5;
    /// assert_eq!(row.lock().unwrap().iter().sum::<f64>(), 0.5);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// When there is not that much memory, or no descriptor for it.
    pub fn zeroed(length: usize) -> io::Result<Self> {
        Ok(Mutex(Placed::zeroed(length)?))
    }
}

impl<T: Plain + ?Sized> Mutex<T> {
    /// Waits for the lock and takes it.
    ///
    /// # Errors
    ///
    /// With the guard inside: a process died or panicked with the lock. Without it: this thread holds the lock, or 2000 others.
    #[inline]
    pub fn lock(&self) -> Answer<'_, T> {
        self.take(Patience::ForEver)
    }

    /// Takes the lock if it is free.
    ///
    /// # Errors
    ///
    /// As [`Mutex::lock`]; and [`is_timeout`](LockError::is_timeout) when somebody has it.
    pub fn try_lock(&self) -> Answer<'_, T> {
        self.take(Patience::None)
    }

    /// Waits for the lock at most for `timeout`.
    ///
    /// ```
    /// use std::time::Duration;
    /// use mp_runtime::sync::Mutex;
    ///
    /// # fn main() -> std::io::Result<()> {
    /// let mutex = Mutex::new(0_u8)?;
    /// let guard = mutex.lock().unwrap();
    /// std::thread::scope(|scope| {
    ///     let other = scope.spawn(|| mutex.lock_timeout(Duration::from_millis(1)).unwrap_err().is_timeout());
    ///     assert!(other.join().unwrap());
    /// });
    /// # drop(guard);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Mutex::lock`]; and [`is_timeout`](LockError::is_timeout) when the time was over.
    pub fn lock_timeout(&self, timeout: Duration) -> Answer<'_, T> {
        self.take(at_most(timeout))
    }

    #[inline]
    fn take(&self, patience: Patience) -> Answer<'_, T> {
        let guard = MutexGuard { value: self.0.lock(patience)?, mutex: self };
        match self.0.is_poisoned() {
            false => Ok(guard),
            true => self.warn(guard),
        }
    }

    #[cold]
    fn warn<'a>(&self, guard: MutexGuard<'a, T>) -> Answer<'a, T> {
        match self.0.poison() {
            Some(who) => Err(LockError::poisoned(guard, who)),
            None => Ok(guard),
        }
    }

    /// Whether a process died or panicked with the lock, and nobody has cleared that.
    pub fn is_poisoned(&self) -> bool {
        self.0.is_poisoned()
    }

    /// Says that the value is in order again: to be called with the lock held.
    pub fn clear_poison(&self) {
        self.0.clear_poison();
    }

    /// Who has the lock; for messages, for it may have changed when this returns.
    pub fn holder(&self) -> Option<Participant> {
        self.0.holder().map(Participant)
    }

    /// How often a holder has failed so far, for [`Mutex::has_failed_since`].
    pub(crate) fn failures(&self) -> u32 {
        self.0.failures()
    }

    /// How often the lock has gone from one process to another, or oftener.
    pub(crate) fn turnovers(&self) -> u32 {
        self.0.turnovers()
    }

    /// Whether a holder has died or panicked since then, or has died and nobody has taken the lock yet.
    pub(crate) fn has_failed_since(&self, failures: u32) -> bool {
        // In this order: whoever takes the lock meanwhile, and hides that it is orphaned, has counted the failure before.
        self.0.is_orphaned() || self.0.failures() != failures
    }
}

travels_by_file!([T: Plain + ?Sized] Mutex<T>, Placed<Owner, T>);

impl<T: Plain + ?Sized> fmt::Debug for Mutex<T> {
    /// Who holds it. Takes no lock.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let poisoned_by = self.0.poison().map(Participant);
        f.debug_struct("Mutex")
            .field("holder", &self.holder())
            .field("poisoned_by", &poisoned_by)
            .finish_non_exhaustive()
    }
}

impl<T: Plain + ?Sized> Deref for MutexGuard<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: Plain + ?Sized> DerefMut for MutexGuard<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        &mut self.value
    }
}

impl<T: Plain + ?Sized + fmt::Debug> fmt::Debug for MutexGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}
