//! A value in shared memory.

use std::fmt;
use std::io;
use std::ops::Deref;

use crate::ipc::by_file::travels_by_file;
use crate::shm::placed::Placed;
use crate::shm::plain::Plain;
use crate::shm::unlocked::Unlocked;

/// A value in memory that processes share.
///
/// Every process that is forked after it was made shares it, by a borrow or by a move into it. What can be done to it is
/// what a shared reference allows: atomics change, everything else is as it was made. For plain data that
/// changes there are [`Mutex`](crate::sync::Mutex) and [`RwLock`](crate::sync::RwLock).
///
/// Its memory is allocated when it is made, so that the lack of it is an error then, and not a SIGBUS later. It has no name
/// anywhere; the kernel frees it when the last process is gone. The value is never dropped.
///
/// ```
/// use std::sync::atomic::{AtomicU64, Ordering};
/// use mp_runtime::zerocopy::FromBytes;
/// use mp_runtime::{SharedBox, process};
///
/// #[derive(FromBytes)]
/// struct Progress {
///     goal: u64,
///     done: AtomicU64,
/// }
///
/// #[process]
/// fn work(progress: &SharedBox<Progress>) {
///     while progress.done.fetch_add(1, Ordering::Relaxed) + 1 < progress.goal {}
/// }
///
/// # fn main() -> std::io::Result<()> {
/// let progress = SharedBox::new(Progress { goal: 10, done: AtomicU64::new(0) })?;
/// work::spawn(&progress).unwrap().join().unwrap();
/// assert_eq!(progress.done.load(Ordering::Relaxed), 10);
/// # Ok(())
/// # }
/// ```
pub struct SharedBox<T: Plain + Sync>(Placed<Unlocked, T>);

impl<T: Plain<Element = T> + Sync> SharedBox<T> {
    /// Moves a value to shared memory.
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
        Ok(SharedBox(Placed::new(1, once)?))
    }
}

impl<T: Plain + Sync> Deref for SharedBox<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        self.0.get()
    }
}

travels_by_file!([T: Plain + Sync] SharedBox<T>, Placed<Unlocked, T>);

impl<T: Plain + Sync + fmt::Debug> fmt::Debug for SharedBox<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}
