//! A region of shared memory: a sealed memory file, mapped.
//!
//! Invariant: `start` is mapped, readable and writable, for `mapped` bytes until the value is dropped, and the file behind
//! it has all of them: its memory was allocated when it was made, and its seal forbids every process to shorten it. So no
//! access within the region can end in SIGBUS.

use std::ffi::CStr;
use std::num::NonZeroUsize;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::ptr::NonNull;
use std::sync::atomic::AtomicU64;

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, SealFlag, fcntl};
use nix::sys::mman::{MapFlags, ProtFlags, mmap, mmap_anonymous, munmap};
use nix::sys::stat::fstat;

use crate::sys::memory;

/// Shared memory of a fixed size, zeroed when made.
///
/// It is shared with whoever inherits the mapping by a fork, and whoever is passed the [file](Region::file) and
/// [opens](Region::open) it. The kernel frees it when the last of them is gone; there is no name to leave behind.
///
/// Part of it, the body, may be [mirrored](Region::mirrored): mapped twice in a row, so that what wraps around the end of
/// a ring is still in one piece.
#[derive(Debug)]
pub(crate) struct Region {
    start: NonNull<u8>,
    /// Bytes of the file.
    length: usize,
    /// Bytes of address space: `length`, and the body again.
    mapped: NonZeroUsize,
    file: OwnedFd,
}

// SAFETY: the memory is reachable from every thread and lives as long as the value; what is in it is accessed by atomic
// operations, or by `unsafe` code of this floor that says why nobody else does at that moment.
unsafe impl Send for Region {}
// SAFETY: as above.
unsafe impl Sync for Region {}

impl Region {
    /// Makes a region of at least `length` bytes, rounded up to whole pages; `name` shows in procfs only.
    ///
    /// # Errors
    ///
    /// `ENOSPC` or `ENOMEM` when there is not that much memory, `EMFILE` when there is no descriptor for it.
    #[allow(dead_code, reason = "for memory that is no ring")]
    pub(crate) fn new(name: &CStr, length: usize) -> nix::Result<Region> {
        Region::mirrored(name, length, 0)
    }

    /// Makes a region of a head and a body that is mapped twice in a row. Each is rounded up to whole pages.
    pub(crate) fn mirrored(name: &CStr, head: usize, body: usize) -> nix::Result<Region> {
        let (head, body) = (whole_pages(head)?, whole_pages(body)?);
        let length = head.checked_add(body).ok_or(Errno::ENOMEM)?;
        let file = memory::create(name)?;
        memory::allocate(file.as_fd(), length)?;
        fcntl(&file, FcntlArg::F_ADD_SEALS(SealFlag::F_SEAL_SHRINK | SealFlag::F_SEAL_GROW))?;
        Region::map(file, length, body)
    }

    /// Maps a region that another process has made, from its file; `head` is as it was there, or all of it.
    ///
    /// # Errors
    ///
    /// `EPERM` when the file is not sealed against shortening, `EINVAL` when it is shorter than its head or is no region.
    pub(crate) fn open(file: OwnedFd, head: Option<usize>) -> nix::Result<Region> {
        let seals = fcntl(&file, FcntlArg::F_GET_SEALS)?;
        if seals & SealFlag::F_SEAL_SHRINK.bits() == 0 {
            return Err(Errno::EPERM);
        }
        let length = usize::try_from(fstat(&file)?.st_size).map_err(|_| Errno::EINVAL)?;
        let head = head.map_or(Ok(length), whole_pages)?;
        Region::map(file, length, length.checked_sub(head).ok_or(Errno::EINVAL)?)
    }

    fn map(file: OwnedFd, length: usize, body: usize) -> nix::Result<Region> {
        let mapped = length.checked_add(body).and_then(NonZeroUsize::new).ok_or(Errno::EINVAL)?;
        let access = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
        // SAFETY: a new mapping at an address the kernel picks touches no memory of ours.
        let start = unsafe { mmap_anonymous(None, mapped, ProtFlags::PROT_NONE, MapFlags::MAP_PRIVATE) }?;
        // From here on dropped, and so unmapped, when a step fails.
        let region = Region { start: start.cast(), length, mapped, file };
        let place = |at: usize, length: usize, offset: usize| {
            let Some(length) = NonZeroUsize::new(length) else { return Ok(()) };
            let at = NonZeroUsize::new(region.start.as_ptr() as usize + at);
            let offset = i64::try_from(offset).map_err(|_| Errno::EINVAL)?;
            // SAFETY: the range lies in the mapping just made, which nobody uses yet, and replaces that part of it.
            unsafe { mmap(at, length, access, MapFlags::MAP_SHARED | MapFlags::MAP_FIXED, &region.file, offset) }
                .map(drop)
        };
        place(0, length, 0)?;
        place(length, body, length - body)?;
        Ok(region)
    }

    /// The file, to be passed to another process.
    pub(crate) fn file(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }

    /// Its length in bytes, without the second mapping of the body.
    #[inline]
    pub(crate) fn length(&self) -> usize {
        self.length
    }

    /// Its first byte. Valid for [`Region::length`] bytes, or as many more as the body has, while `self` lives; aligned
    /// to a page.
    #[inline]
    pub(crate) fn start(&self) -> NonNull<u8> {
        self.start
    }

    /// The words from `offset` on, counted in bytes; atomically accessed, so safe whatever the others do.
    ///
    /// # Panics
    ///
    /// When they are not within the region, or not aligned.
    #[inline]
    pub(crate) fn words(&self, offset: usize, count: usize) -> &[AtomicU64] {
        let end = count.checked_mul(size_of::<u64>()).and_then(|bytes| bytes.checked_add(offset));
        assert!(end.is_some_and(|end| end <= self.length) && offset.is_multiple_of(size_of::<u64>()));
        // SAFETY: `offset` is at most `length`, so the address is within the mapping or one past it.
        let first = unsafe { self.start.add(offset) }.cast::<AtomicU64>();
        // SAFETY: the range was checked above to be mapped, `start` is aligned to a page and `offset` to a word; all bit
        // patterns are valid, and other processes write to it by atomic operations or not at all.
        unsafe { std::slice::from_raw_parts(first.as_ptr(), count) }
    }

    /// The word at `offset`, counted in bytes.
    ///
    /// # Panics
    ///
    /// As [`Region::words`].
    #[inline]
    pub(crate) fn word(&self, offset: usize) -> &AtomicU64 {
        &self.words(offset, 1)[0]
    }
}

impl Drop for Region {
    fn drop(&mut self) {
        // SAFETY: the range is our mapping, and no reference into it outlives `self`.
        let unmapped = unsafe { munmap(self.start.cast(), self.mapped.get()) };
        debug_assert!(unmapped.is_ok());
    }
}

fn whole_pages(length: usize) -> nix::Result<usize> {
    length.checked_next_multiple_of(memory::page_size()).ok_or(Errno::ENOMEM)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering::Relaxed;

    use super::*;

    #[test]
    fn a_region_is_zeroed_and_of_whole_pages() {
        let region = Region::new(c"test", 1).expect("a page is to be had");
        assert_eq!(region.length(), memory::page_size());
        assert!(region.words(0, region.length() / 8).iter().all(|word| word.load(Relaxed) == 0));
    }

    #[test]
    fn a_region_opened_again_is_the_same_memory() {
        let region = Region::new(c"test", 8).expect("a page is to be had");
        let file = region.file().try_clone_to_owned().expect("a descriptor is to be had");
        let again = Region::open(file, None).expect("it is a region");
        region.word(16).store(7, Relaxed);
        assert_eq!(again.word(16).load(Relaxed), 7);
    }

    #[test]
    fn a_body_is_followed_by_itself() {
        let page = memory::page_size();
        let region = Region::mirrored(c"test", 8, 2 * page).expect("pages are to be had");
        assert_eq!(region.length(), 3 * page);
        region.word(page + 16).store(7, Relaxed);
        // SAFETY: within the second mapping of the body.
        let second = unsafe { region.start().add(3 * page + 16) };
        // SAFETY: one word, mapped and aligned; nobody else writes to it.
        let mirrored = unsafe { second.cast::<u64>().read() };
        assert_eq!(mirrored, 7);
    }

    #[test]
    fn a_region_cannot_be_shortened() {
        let region = Region::new(c"test", 8).expect("a page is to be had");
        assert_eq!(nix::unistd::ftruncate(region.file(), 0), Err(Errno::EPERM));
    }

    #[test]
    fn a_file_that_could_be_shortened_is_refused() {
        let file = memory::create(c"test").expect("a file is to be had");
        memory::allocate(file.as_fd(), 4096).expect("a page is to be had");
        assert_eq!(Region::open(file, None).map(drop), Err(Errno::EPERM));
    }

    #[test]
    fn more_memory_than_there_is_is_an_error() {
        let region = Region::new(c"test", 1 << 46);
        assert!(matches!(region, Err(Errno::ENOSPC | Errno::ENOMEM | Errno::EFBIG)), "{region:?}");
    }
}
