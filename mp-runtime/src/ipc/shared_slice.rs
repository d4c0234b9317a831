//! A run of values in shared memory.

use std::fmt;
use std::io;
use std::ops::Deref;

use zerocopy::FromBytes;

use crate::ipc::by_file::travels_by_file;
use crate::shm::placed::Placed;
use crate::shm::unlocked::Unlocked;

/// A run of values in memory that processes share; the [`SharedBox`](crate::SharedBox) of a slice.
///
/// ```
/// use std::sync::atomic::{AtomicU32, Ordering};
/// use mp_runtime::{SharedSlice, process};
///
/// #[process]
/// fn count(text: &str, letters: &SharedSlice<AtomicU32>) {
///     for byte in text.bytes() {
///         letters[usize::from(byte)].fetch_add(1, Ordering::Relaxed);
///     }
/// }
///
/// # fn main() -> std::io::Result<()> {
/// let letters = SharedSlice::zeroed(256)?;
/// let children = ["lucky is a good man", "xiaozhang is a word man"].map(|text| count::spawn(text, &letters).unwrap());
/// for child in children {
///     child.join().unwrap();
/// }
/// assert_eq!(letters[usize::from(b'a')].load(Ordering::Relaxed), 6);
/// # Ok(())
/// # }
/// ```
pub struct SharedSlice<T: FromBytes + Sync>(Placed<Unlocked, [T]>);

impl<T: FromBytes + Sync> SharedSlice<T> {
    /// Makes `length` values of zeroes.
    ///
    /// # Errors
    ///
    /// When there is not that much memory, or no descriptor for it.
    pub fn zeroed(length: usize) -> io::Result<Self> {
        Ok(SharedSlice(Placed::zeroed(length)?))
    }

    /// Makes `length` values; `value` gives them, by their index.
    ///
    /// ```
    /// use mp_runtime::SharedSlice;
    ///
    /// # fn main() -> std::io::Result<()> {
    /// let squares = SharedSlice::from_fn(5, |index| index * index)?;
    /// assert_eq!(*squares, [0, 1, 4, 9, 16]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`SharedSlice::zeroed`].
    pub fn from_fn(length: usize, value: impl FnMut(usize) -> T) -> io::Result<Self> {
        Ok(SharedSlice(Placed::new(length, value)?))
    }
}

impl<T: FromBytes + Sync> Deref for SharedSlice<T> {
    type Target = [T];

    #[inline]
    fn deref(&self) -> &[T] {
        self.0.get()
    }
}

travels_by_file!([T: FromBytes + Sync] SharedSlice<T>, Placed<Unlocked, [T]>);

impl<T: FromBytes + Sync + fmt::Debug> fmt::Debug for SharedSlice<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}
