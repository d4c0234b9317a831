//! Bytes in shared memory that can become more.

use std::fmt;
use std::io;

use crate::ipc::by_file::travels_by_file;
use crate::shm::growing::Growing;

/// A run of bytes that processes share, and that any of them can make longer.
///
/// Addresses for all that it may become are reserved when it is made, memory is taken when it grows. So growing moves nothing,
/// is seen by all, and fails with an error when there is no memory. It never becomes shorter.
///
/// It has no lock. Bytes that one process writes while another reads them are read as before, as after, or as a
/// mixture; a lock beside it, an atomic or a message says when they are whole.
///
/// A length that nobody has grown to, because something wrote to the memory by other means, is not believed: there are no
/// more bytes than the kernel says.
///
/// ```
/// use mp_runtime::{SharedBytes, process};
///
/// #[process]
/// fn append(log: &SharedBytes, line: &str) {
///     let end = log.len();
///     log.grow(end + line.len()).unwrap();
///     log.write_at(end, line.as_bytes()).unwrap();
/// }
///
/// # fn main() -> std::io::Result<()> {
/// let log = SharedBytes::with_capacity(1 << 20)?;
/// append::spawn(&log, "lucky ").unwrap().join().unwrap();
/// append::spawn(&log, "man").unwrap().join().unwrap();
/// assert_eq!(log.to_vec(), b"lucky man");
/// # Ok(())
/// # }
/// ```
pub struct SharedBytes(Growing);

impl SharedBytes {
    /// Makes an empty run that may grow to `capacity` bytes.
    ///
    /// # Errors
    ///
    /// When there are not that many addresses, or no descriptor.
    pub fn with_capacity(capacity: usize) -> io::Result<Self> {
        Ok(SharedBytes(Growing::new(capacity)?))
    }

    /// How many bytes there are.
    pub fn len(&self) -> usize {
        self.0.length()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many there can be.
    pub fn capacity(&self) -> usize {
        self.0.capacity()
    }

    /// Sees that there are at least `length` bytes; new ones are zero.
    ///
    /// # Errors
    ///
    /// [`OutOfMemory`](io::ErrorKind::OutOfMemory) or [`StorageFull`](io::ErrorKind::StorageFull) when there is not that
    /// much memory, [`FileTooLarge`](io::ErrorKind::FileTooLarge) beyond the capacity. It is as long as before then.
    pub fn grow(&self, length: usize) -> io::Result<()> {
        Ok(self.0.grow(length)?)
    }

    /// Fills `bytes` with what is at `offset`.
    ///
    /// # Errors
    ///
    /// [`UnexpectedEof`](io::ErrorKind::UnexpectedEof) when there are not so many bytes; nothing is read then.
    pub fn read_at(&self, offset: usize, bytes: &mut [u8]) -> io::Result<()> {
        if self.0.read(offset, bytes) { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    }

    /// Writes `bytes` at `offset`.
    ///
    /// # Errors
    ///
    /// [`UnexpectedEof`](io::ErrorKind::UnexpectedEof) when that is beyond the end; nothing is written then.
    pub fn write_at(&self, offset: usize, bytes: &[u8]) -> io::Result<()> {
        if self.0.write(offset, bytes) { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    }

    /// A copy of all of them.
    ///
    /// # Panics
    ///
    /// If there is no memory for the copy.
    pub fn to_vec(&self) -> Vec<u8> {
        let mut bytes = vec![0; self.len()];
        // It never becomes shorter.
        let read = self.0.read(0, &mut bytes);
        debug_assert!(read);
        bytes
    }
}

travels_by_file!([] SharedBytes, Growing);

impl fmt::Debug for SharedBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedBytes")
            .field("len", &self.len())
            .field("capacity", &self.capacity())
            .finish_non_exhaustive()
    }
}
