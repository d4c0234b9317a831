//! The arguments of a process function, as they arrive in another image.

use std::os::fd::{AsFd, OwnedFd};

use crate::sys::memory;

/// The arguments of the function, as bytes.
pub(crate) enum Written {
    Here(Vec<u8>),
    /// So many bytes of a memory file. It is read by the process that needs them: the fork server, which has the order too, does not.
    InFile(OwnedFd, usize),
}

impl Written {
    /// Their bytes. If they are in a file, that is closed then; else whatever this process forks would have it, and its memory, too.
    ///
    /// # Errors
    ///
    /// As [`memory::read`].
    #[inline]
    pub(crate) fn bytes(&mut self) -> nix::Result<&[u8]> {
        if let Written::InFile(file, length) = self {
            *self = Written::Here(memory::read(file.as_fd(), *length)?);
        }
        match self {
            Written::Here(bytes) => Ok(bytes),
            Written::InFile(..) => Ok(&[]), // it was read just now
        }
    }
}
