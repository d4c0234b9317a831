//! The arguments of a process function, as they arrive in another image.

use std::borrow::Cow;
use std::os::fd::{AsFd, OwnedFd};

use crate::sys::memory;

/// The arguments of the function, as bytes.
pub(crate) enum Arguments {
    Here(Vec<u8>),
    /// So many bytes of a memory file. It is read by the process that needs them: the fork server, which has the order too, does not.
    InFile(OwnedFd, usize),
}

impl Arguments {
    /// Their bytes.
    ///
    /// # Errors
    ///
    /// As [`memory::read`].
    #[inline]
    pub(crate) fn bytes(&self) -> nix::Result<Cow<'_, [u8]>> {
        match self {
            Arguments::Here(bytes) => Ok(Cow::Borrowed(bytes)),
            Arguments::InFile(file, length) => memory::read(file.as_fd(), *length).map(Cow::Owned),
        }
    }
}
