//! Bytes of a message that are too many for the ring: in a memory file of their own.

use std::num::NonZeroUsize;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use nix::errno::Errno;
use nix::sys::stat::fstat;

use crate::sys::memory::{self, Sealed};

/// Writes `bytes` to a file.
pub(crate) fn write(bytes: &[u8]) -> nix::Result<OwnedFd> {
    let file = memory::create(c"mp-message")?;
    memory::write_at(file.as_fd(), bytes, 0)?;
    Ok(file)
}

/// Hands the bytes of such a file to `read`.
pub(crate) fn read<R>(file: BorrowedFd<'_>, read: impl FnOnce(&[u8]) -> R) -> nix::Result<R> {
    let length = usize::try_from(fstat(file)?.st_size).map_err(|_| Errno::EINVAL)?;
    let length = NonZeroUsize::new(length).ok_or(Errno::ENODATA)?;
    Ok(read(&Sealed::map(file, length)?))
}
