//! Bytes of a message that are too many for the ring: in a memory file of their own.

use std::num::NonZeroUsize;
use std::os::fd::{AsFd, OwnedFd};

use nix::errno::Errno;
use nix::sys::stat::fstat;

use crate::sys::memory::{self, Contents};

/// Writes `parts`, one behind the other, to a file.
///
/// # Errors
///
/// `ENOMEM` when there is no memory for it, `EMFILE` or `ENFILE` when there is no descriptor, `EFBIG` beyond the limit on file sizes.
pub(crate) fn write(parts: &[&[u8]]) -> nix::Result<OwnedFd> {
    memory::look_for(parts.iter().map(|part| part.len()).sum())?;
    let file = memory::create(c"mp-message")?;
    let mut offset = 0;
    for part in parts {
        memory::write_at(file.as_fd(), part, offset)?;
        offset += part.len() as u64;
    }
    Ok(file)
}

/// The bytes of such a file.
pub(crate) fn open(file: OwnedFd) -> nix::Result<Contents> {
    let length = usize::try_from(fstat(&file)?.st_size).map_err(|_| Errno::EINVAL)?;
    Contents::of(file.as_fd(), NonZeroUsize::new(length).ok_or(Errno::ENODATA)?)
}
