//! Anonymous memory files: they have no name, and the kernel frees them at the last close.

use std::ffi::CStr;
use std::num::NonZeroUsize;
use std::ops::Deref;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::ptr::NonNull;

use nix::errno::Errno;
use nix::fcntl::{FallocateFlags, FcntlArg, SealFlag, fallocate, fcntl};
use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::sys::mman::{MapFlags, ProtFlags, mmap, munmap};
use nix::sys::signal::{SigSet, SigmaskHow, Signal};
use nix::sys::stat::fstat;
use nix::sys::uio::pread;

use crate::sys::{direct, fd, signal};

/// Makes an empty memory file; `name` shows in procfs only.
pub(crate) fn create(name: &CStr) -> nix::Result<OwnedFd> {
    memfd_create(name, MFdFlags::MFD_CLOEXEC | MFdFlags::MFD_ALLOW_SEALING).and_then(fd::beyond_streams)
}

/// Device and inode: what tells a file from others.
pub(crate) fn inode(file: BorrowedFd<'_>) -> nix::Result<(u64, u64)> {
    fstat(file).map(|status| (status.st_dev, status.st_ino))
}

/// Writes all of `bytes` at `offset`; `EFBIG` beyond the limit on file sizes, which memory files obey.
pub(crate) fn write_at(file: BorrowedFd<'_>, bytes: &[u8], offset: u64) -> nix::Result<()> {
    within_limit(|| write_all(file, bytes, offset))
}

/// Makes `file` `length` bytes long, all of them backed by memory now, so that no later access can fail for lack of it.
///
/// # Errors
///
/// `ENOSPC` or `ENOMEM` when there is not that much memory; `EFBIG` as with [`write_at`].
pub(crate) fn allocate(file: BorrowedFd<'_>, length: usize) -> nix::Result<()> {
    look_for(length)?;
    let length = i64::try_from(length).map_err(|_| Errno::EFBIG)?;
    within_limit(|| {
        loop {
            match fallocate(file, FallocateFlags::empty(), 0, length) {
                Err(Errno::EINTR) => continue,
                allocated => return allocated,
            }
        }
    })
}

/// Whether there is that much memory now, where it is much.
///
/// The kernel does not refuse: it would take page after page, until it kills somebody for want of another.
///
/// # Errors
///
/// `ENOMEM` when there is not.
pub(crate) fn look_for(length: usize) -> nix::Result<()> {
    let missing = length >= LARGE && available().is_some_and(|available| length > available);
    if missing { Err(Errno::ENOMEM) } else { Ok(()) }
}

/// From here on an allocation is held against the memory there is: a question to procfs, of 20 us.
const LARGE: usize = 16 << 20;

/// How many bytes of memory there are to be had without swapping, if procfs can tell.
fn available() -> Option<usize> {
    let table = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = table.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    line.trim().strip_suffix(" kB")?.parse::<usize>().ok()?.checked_mul(1024)
}

/// How many bytes of this process are in memory; `None` where procfs does not tell.
pub(crate) fn resident() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/thread-self/statm").ok()?;
    let pages: u64 = text.split(' ').nth(1)?.parse().ok()?;
    Some(pages * page_size() as u64)
}

/// The size of a page of memory.
pub(crate) fn page_size() -> usize {
    // SAFETY: `sysconf` reads no memory of ours.
    let size = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    usize::try_from(size).unwrap_or(4096)
}

/// Runs `grow`, which may exceed the limit on file sizes: the signal that goes with `EFBIG` would kill, so it is held
/// back, and taken away.
fn within_limit(grow: impl FnOnce() -> nix::Result<()>) -> nix::Result<()> {
    let signal = SigSet::from(Signal::SIGXFSZ);
    let before = signal.thread_swap_mask(SigmaskHow::SIG_BLOCK)?;
    let grown = grow();
    if grown == Err(Errno::EFBIG) && !before.contains(Signal::SIGXFSZ) {
        signal::discard(&signal);
    }
    before.thread_set_mask()?;
    grown
}

fn write_all(file: BorrowedFd<'_>, mut bytes: &[u8], mut offset: u64) -> nix::Result<()> {
    while !bytes.is_empty() {
        let at = i64::try_from(offset).map_err(|_| Errno::EFBIG)?;
        match direct::write_at(file, bytes, at) {
            Err(Errno::EINTR) => continue,
            Ok(0) => return Err(Errno::ENOSPC),
            written => {
                let written = written?;
                bytes = &bytes[written..];
                offset += written as u64;
            }
        }
    }
    Ok(())
}

/// Fills `bytes` from `offset`; `ENODATA` when the file ends before.
fn read_at(file: BorrowedFd<'_>, mut bytes: &mut [u8], mut offset: u64) -> nix::Result<()> {
    while !bytes.is_empty() {
        let at = i64::try_from(offset).map_err(|_| Errno::EFBIG)?;
        match pread(file, bytes, at) {
            Err(Errno::EINTR) => continue,
            Ok(0) => return Err(Errno::ENODATA),
            read => {
                let read = read?;
                bytes = &mut bytes[read..];
                offset += read as u64;
            }
        }
    }
    Ok(())
}

/// The first `length` bytes of `file`, which somebody else has said are there.
///
/// # Errors
///
/// `ENODATA` when they are not: that is found out before there is memory for them. `ENOMEM` when there is none.
pub(crate) fn read(file: BorrowedFd<'_>, length: usize) -> nix::Result<Vec<u8>> {
    if i128::from(fstat(file)?.st_size) < length as i128 {
        return Err(Errno::ENODATA);
    }
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(length).map_err(|_| Errno::ENOMEM)?;
    bytes.resize(length, 0);
    read_at(file, &mut bytes, 0)?;
    Ok(bytes)
}

/// The bytes of a memory file that somebody else has written: nobody can change them any more.
pub(crate) enum Contents {
    Mapped(Sealed),
    Copied(Vec<u8>),
}

impl Contents {
    /// The first `length` bytes of `file`: mapped, or copied where it cannot be sealed. That is so while a process still maps it for writing, and
    /// now and then while the kernel is at one of its pages for a reason of its own.
    ///
    /// # Errors
    ///
    /// `ENODATA` when it is shorter than `length`; `ENOMEM` when there is no room for them.
    pub(crate) fn of(file: BorrowedFd<'_>, length: NonZeroUsize) -> nix::Result<Contents> {
        match Sealed::map(file, length) {
            Ok(sealed) => Ok(Contents::Mapped(sealed)),
            Err(Errno::ENODATA) => Err(Errno::ENODATA),
            Err(_) => read(file, length.get()).map(Contents::Copied),
        }
    }
}

impl Deref for Contents {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Contents::Mapped(sealed) => sealed,
            Contents::Copied(bytes) => bytes,
        }
    }
}

/// A sealed memory file, mapped for reading: nobody can change or shorten it any more.
pub(crate) struct Sealed {
    start: NonNull<u8>,
    length: NonZeroUsize,
}

impl Sealed {
    /// Seals `file` and maps its first `length` bytes.
    ///
    /// # Errors
    ///
    /// `EBUSY` while somebody maps the file for writing, `ENODATA` when it is shorter than `length`.
    fn map(file: BorrowedFd<'_>, length: NonZeroUsize) -> nix::Result<Sealed> {
        let seals = SealFlag::F_SEAL_WRITE | SealFlag::F_SEAL_SHRINK | SealFlag::F_SEAL_GROW;
        fcntl(file, FcntlArg::F_ADD_SEALS(seals))?;
        if i128::from(fstat(file)?.st_size) < length.get() as i128 {
            return Err(Errno::ENODATA);
        }
        // SAFETY: a new private mapping at an address the kernel picks touches no memory of ours.
        let start = unsafe { mmap(None, length, ProtFlags::PROT_READ, MapFlags::MAP_PRIVATE, file, 0) }?;
        Ok(Sealed { start: start.cast(), length })
    }
}

impl Deref for Sealed {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        // SAFETY: `map` saw that the file holds `length` bytes, and its seals forbid every later write
        // and any change of its size, by any process; the mapping lives until `drop`.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr(), self.length.get()) }
    }
}

impl Drop for Sealed {
    fn drop(&mut self) {
        // SAFETY: start and length are those `mmap` answered to; no slice outlives `self`.
        let unmapped = unsafe { munmap(self.start.cast(), self.length.get()) };
        debug_assert!(unmapped.is_ok());
    }
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsFd;

    use super::*;

    #[test]
    fn a_file_that_somebody_may_still_write_to_is_copied() {
        let file = create(c"test").expect("a file is to be had");
        write_at(file.as_fd(), b"lucky", 0).expect("it takes a few bytes");
        let length = NonZeroUsize::new(5).expect("it is not 0");
        let access = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
        // SAFETY: a new mapping at an address the kernel picks touches no memory of ours.
        let start = unsafe { mmap(None, length, access, MapFlags::MAP_SHARED, &file, 0) }.expect("it can be mapped");
        let contents = Contents::of(file.as_fd(), length).expect("the bytes are there");
        write_at(file.as_fd(), b"plain", 0).expect("it is not sealed");
        assert!(matches!(contents, Contents::Copied(_)) && *contents == *b"lucky");
        // SAFETY: the mapping from above, to which nothing refers.
        unsafe { munmap(start, 5) }.expect("it is a mapping");
        let contents = Contents::of(file.as_fd(), length).expect("the bytes are there");
        assert!(*contents == *b"plain");
        assert_eq!(Contents::of(file.as_fd(), NonZeroUsize::MAX).map(drop), Err(Errno::ENODATA));
    }
}
