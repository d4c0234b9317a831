//! Bytes of a message that are too many for the ring: in a memory file of their own.

use std::num::NonZeroUsize;
use std::os::fd::{AsFd, OwnedFd};

use nix::errno::Errno;
use nix::sys::stat::fstat;

use crate::sys::memory::{self, Sealed};

/// Writes `bytes` to a file.
pub(crate) fn write(bytes: &[u8]) -> nix::Result<OwnedFd> {
    let file = memory::create(c"mp-message")?;
    memory::write_at(file.as_fd(), bytes, 0)?;
    Ok(file)
}

/// The bytes of such a file.
pub(crate) fn map(file: OwnedFd) -> nix::Result<Sealed> {
    let length = usize::try_from(fstat(&file)?.st_size).map_err(|_| Errno::EINVAL)?;
    Sealed::map(file.as_fd(), NonZeroUsize::new(length).ok_or(Errno::ENODATA)?)
}
