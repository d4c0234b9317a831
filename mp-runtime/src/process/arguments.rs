//! The arguments of a process function, as they arrive in another image.

use std::os::fd::{AsFd, OwnedFd};

use crate::sys::memory;

/// The arguments of the function, as bytes.
pub(crate) enum Arguments {
    Here(Vec<u8>),
    /// So many bytes of a memory file. It is read by the process that needs them: the fork server, which has the order too, does not.
    InFile(OwnedFd, usize),
}

impl Arguments {
    /// Their bytes. If they are in a file, that is closed: whatever the process starts would have it too, and its memory with it.
    ///
    /// # Errors
    ///
    /// As [`memory::read`].
    #[inline]
    pub(crate) fn bytes(&mut self) -> nix::Result<&[u8]> {
        if let Arguments::InFile(file, length) = self {
            *self = Arguments::Here(memory::read(file.as_fd(), *length)?);
        }
        match self {
            Arguments::Here(bytes) => Ok(bytes),
            Arguments::InFile(..) => Ok(&[]), // it was read just now
        }
    }
}
