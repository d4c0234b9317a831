//! A value that many read or one writes.

use std::fmt;
use std::io;
use std::ops::{Deref, DerefMut};
use std::time::Duration;

use zerocopy::FromZeros;

use crate::ipc::by_file::travels_by_file;
use crate::ipc::sync::at_most;
use crate::ipc::sync::error::LockError;
use crate::ipc::sync::participant::{self, Participant};
use crate::shm::access::{Exclusive, Shared};
use crate::shm::owner::Patience;
use crate::shm::placed::Placed;
use crate::shm::plain::Plain;
use crate::shm::rwlock::{ManyOrOne, Taken};

/// A lock between processes for many readers or one writer, with the value that it protects, in shared memory.
///
/// As [`std::sync::RwLock`], and between processes. New readers wait while a writer waits.
///
/// A reader that dies is no longer counted. If a writer dies, or panics, whoever takes the lock after it is told: see
/// [`LockError`]; also if the writer was killed before it had changed anything, which cannot be told here. Those that wait for a
/// process that dies notice within some 20 ms, or a third of a second where a hundred processes use the lock. Up to 120
/// processes can hold it or wait to write at the same time, with any number of threads.
///
/// There is no error for a thread that waits for itself, as there is with [`Mutex`](crate::sync::Mutex): it waits for ever if it
/// asks to write with the lock, to read while it writes, or to read again when meanwhile somebody waits to write. Writers go
/// first also while they are stopped (SIGSTOP): new readers wait until that one goes on, gives up or dies.
///
/// What is said of the value and of guards at [`Mutex`](crate::sync::Mutex) holds here, too.
///
/// ```
/// use mp_runtime::process;
/// use mp_runtime::sync::RwLock;
///
/// #[process]
/// fn look(prices: &RwLock<[u32; 3]>) -> u32 {
///     prices.read().unwrap().iter().sum()
/// }
///
/// # fn main() -> std::io::Result<()> {
/// let prices = RwLock::new([1, 2, 3])?;
/// prices.write().unwrap()[0] = 10;
/// assert_eq!(look::spawn(&prices).unwrap().join().unwrap(), 15);
/// # Ok(())
/// # }
/// ```
pub struct RwLock<T: Plain + Sync + ?Sized>(Placed<ManyOrOne, T>);

/// The value of an [`RwLock`] for reading, until dropped. For this process only: see [`Mutex`](crate::sync::Mutex).
#[must_use = "the lock is released when the guard is dropped"]
pub struct RwLockReadGuard<'a, T: Plain + ?Sized>(Shared<'a, T, Taken<'a>>);

/// The value of an [`RwLock`] for writing, until dropped. For this process only: see [`Mutex`](crate::sync::Mutex).
#[must_use = "the lock is released when the guard is dropped"]
pub struct RwLockWriteGuard<'a, T: Plain + ?Sized>(Exclusive<'a, T, Taken<'a>>);

type ReadAnswer<'a, T> = Result<RwLockReadGuard<'a, T>, LockError<RwLockReadGuard<'a, T>>>;
type WriteAnswer<'a, T> = Result<RwLockWriteGuard<'a, T>, LockError<RwLockWriteGuard<'a, T>>>;

impl<T: Plain<Element = T> + Sync> RwLock<T> {
    /// Makes a lock with a value, in memory of its own.
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
        Ok(RwLock(Placed::new(1, once)?))
    }
}

impl<T: FromZeros + Sync> RwLock<[T]>
where
    [T]: Plain<Element = T>,
{
    /// Makes a lock with `length` values, all of them zeroes.
    ///
    /// # Errors
    ///
    /// When there is not that much memory, or no descriptor for it.
    pub fn zeroed(length: usize) -> io::Result<Self> {
        Ok(RwLock(Placed::zeroed(length)?))
    }
}

impl<T: Plain + Sync + ?Sized> RwLock<T> {
    /// Waits until nobody writes, and takes the lock for reading.
    ///
    /// # Errors
    ///
    /// With the guard inside: a process died or panicked while it wrote. Without it: 120 other processes hold the lock or wait
    /// to write.
    pub fn read(&self) -> ReadAnswer<'_, T> {
        self.take_read(Patience::ForEver)
    }

    /// Takes the lock for reading if nobody writes or waits to write.
    ///
    /// # Errors
    ///
    /// As [`RwLock::read`]; and [`is_timeout`](LockError::is_timeout) when somebody does, or when a process was stopped in the few
    /// instructions in which it took or released the lock, after a tenth of a second.
    pub fn try_read(&self) -> ReadAnswer<'_, T> {
        self.take_read(Patience::None)
    }

    /// Waits for the lock at most for `timeout`, to read.
    ///
    /// # Errors
    ///
    /// As [`RwLock::read`]; and [`is_timeout`](LockError::is_timeout) when the time was over.
    pub fn read_timeout(&self, timeout: Duration) -> ReadAnswer<'_, T> {
        self.take_read(at_most(timeout))
    }

    /// Waits until nobody reads or writes, and takes the lock for writing.
    ///
    /// # Errors
    ///
    /// As [`RwLock::read`].
    pub fn write(&self) -> WriteAnswer<'_, T> {
        self.take_write(Patience::ForEver)
    }

    /// Takes the lock for writing if it is free.
    ///
    /// # Errors
    ///
    /// As [`RwLock::try_read`]; and [`is_timeout`](LockError::is_timeout) when it is not.
    pub fn try_write(&self) -> WriteAnswer<'_, T> {
        self.take_write(Patience::None)
    }

    /// Waits for the lock at most for `timeout`, to write.
    ///
    /// # Errors
    ///
    /// As [`RwLock::read`]; and [`is_timeout`](LockError::is_timeout) when the time was over.
    pub fn write_timeout(&self, timeout: Duration) -> WriteAnswer<'_, T> {
        self.take_write(at_most(timeout))
    }

    fn take_read(&self, patience: Patience) -> ReadAnswer<'_, T> {
        let shared = self.0.lock_shared(patience)?;
        let poison = shared.lock.head().poison();
        let guard = RwLockReadGuard(shared);
        match poison {
            None => Ok(guard),
            Some(who) => Err(LockError::poisoned(guard, who)),
        }
    }

    fn take_write(&self, patience: Patience) -> WriteAnswer<'_, T> {
        let exclusive = self.0.lock_exclusive(patience)?;
        let poison = exclusive.lock.head().poison();
        let guard = RwLockWriteGuard(exclusive);
        match poison {
            None => Ok(guard),
            Some(who) => Err(LockError::poisoned(guard, who)),
        }
    }

    /// Whether a process died or panicked while it wrote, and nobody has cleared that.
    pub fn is_poisoned(&self) -> bool {
        self.0.poison().is_some()
    }

    /// Says that the value is in order again: to be called with the lock held for writing.
    pub fn clear_poison(&self) {
        self.0.clear_poison();
    }

    /// Who writes; for messages, for it may have changed when this returns.
    pub fn writer(&self) -> Option<Participant> {
        self.0.writer().map(Participant)
    }
}

travels_by_file!([T: Plain + Sync + ?Sized] RwLock<T>, Placed<ManyOrOne, T>);

impl<T: Plain + Sync + ?Sized> fmt::Debug for RwLock<T> {
    /// Who holds it. Takes no lock.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RwLock")
            .field("writer", &self.writer())
            .field("readers", &participant::all(self.0.readers()))
            .field("poisoned_by", &self.0.poison().map(Participant))
            .finish_non_exhaustive()
    }
}

impl<T: Plain + ?Sized> Deref for RwLockReadGuard<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: Plain + ?Sized> Deref for RwLockWriteGuard<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: Plain + ?Sized> DerefMut for RwLockWriteGuard<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

impl<T: Plain + ?Sized + fmt::Debug> fmt::Debug for RwLockReadGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

impl<T: Plain + ?Sized + fmt::Debug> fmt::Debug for RwLockWriteGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}
