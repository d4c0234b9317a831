//! A page of memory that a child shares with its parent.

use std::os::fd::{AsRawFd, BorrowedFd};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU32, AtomicU64, Ordering};
use std::time::Instant;

use nix::sys::mman::{MapFlags, MmapAdvise, ProtFlags, madvise, mmap, mmap_anonymous, munmap};

use crate::sys::futex;
use crate::sys::syscall::{call, result};

/// A page, shared with the processes forked until it is [hidden](Page::hide); one of a file, also with all who map that.
///
/// It is read and written by whole words, atomically: processes that write at the same time cannot make a value
/// that none of them wrote.
#[derive(Debug)]
pub(crate) struct Page {
    start: NonNull<[AtomicU64; Page::WORDS]>,
    shared: AtomicBool,
}

// SAFETY: the pointer is to memory that lives as long as the value, and is accessed by atomic operations only.
unsafe impl Send for Page {}
// SAFETY: as above.
unsafe impl Sync for Page {}

impl Page {
    pub(crate) const SIZE: usize = 4096;
    pub(crate) const WORDS: usize = Page::SIZE / size_of::<u64>();

    /// Makes a page of zeroes, shared.
    pub(crate) fn new() -> nix::Result<Page> {
        let protection = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
        let length = const { std::num::NonZeroUsize::new(Page::SIZE).unwrap() };
        // SAFETY: a new mapping at an address the kernel picks touches no memory of ours.
        let start = unsafe { mmap_anonymous(None, length, protection, MapFlags::MAP_SHARED) }?;
        Ok(Page { start: start.cast(), shared: AtomicBool::new(true) })
    }

    /// Maps the first page of `file`, a memory file that has one. Shared with all who do the same.
    pub(crate) fn of_file(file: BorrowedFd<'_>) -> nix::Result<Page> {
        let protection = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
        let length = const { std::num::NonZeroUsize::new(Page::SIZE).unwrap() };
        // SAFETY: a new mapping at an address the kernel picks touches no memory of ours. The file has this page: it was
        // allocated, and none but processes of the runtime have the file, which do not shorten it.
        let start = unsafe { mmap(None, length, protection, MapFlags::MAP_SHARED | MapFlags::MAP_POPULATE, file, 0) }?;
        Ok(Page { start: start.cast(), shared: AtomicBool::new(true) })
    }

    /// Sets aside where the process that is to have the page, this one or one forked from it, [maps](Page::map) it. Not to be accessed before.
    pub(crate) fn reserve() -> nix::Result<Page> {
        let length = const { std::num::NonZeroUsize::new(Page::SIZE).unwrap() };
        // SAFETY: a new mapping at an address the kernel picks touches no memory of ours.
        let start = unsafe { mmap_anonymous(None, length, ProtFlags::PROT_NONE, MapFlags::MAP_PRIVATE) }?;
        Ok(Page { start: start.cast(), shared: AtomicBool::new(true) })
    }

    /// Maps the first page of `file`, as [`Page::of_file`], where it was [reserved](Page::reserve).
    #[inline]
    pub(crate) fn map(&self, file: BorrowedFd<'_>) -> nix::Result<()> {
        let protection = libc::PROT_READ | libc::PROT_WRITE;
        let flags = libc::MAP_SHARED | libc::MAP_FIXED | libc::MAP_POPULATE;
        let place = self.start.as_ptr().expose_provenance();
        let arguments = [place, Page::SIZE, protection as usize, flags as usize, file.as_raw_fd() as usize, 0];
        // SAFETY: it replaces our own mapping, in which nobody has accessed anything. The file has this page, as above.
        result(unsafe { call(libc::SYS_mmap, arguments) }).map(drop)
    }

    /// The id that the kernel has written to place `number`; 0 before it is there.
    pub(crate) fn id(&self, number: usize) -> i32 {
        self.id_at(number).load(Ordering::Acquire)
    }

    /// Stores what stands for an id.
    pub(crate) fn set_id(&self, number: usize, id: i32) {
        self.id_at(number).store(id, Ordering::Release);
    }

    /// Sleeps while there is 0 at place `number`, at most until `deadline`. May return early, for no reason.
    pub(crate) fn sleep_while_zero(&self, number: usize, deadline: Instant) {
        futex::wait(self.sleepers(number), 0, Some(deadline));
    }

    /// Wakes who sleeps so.
    pub(crate) fn wake(&self, number: usize) {
        futex::wake(self.sleepers(number));
    }

    fn sleepers(&self, number: usize) -> &AtomicU32 {
        // SAFETY: as below.
        unsafe { AtomicU32::from_ptr(self.id_place(number).cast()) }
    }

    fn id_at(&self, number: usize) -> &AtomicI32 {
        // SAFETY: within the page, aligned, and accessed by atomic operations or by the kernel.
        unsafe { AtomicI32::from_ptr(self.id_place(number)) }
    }

    /// Where the kernel writes that id: in a word of its own.
    pub(crate) fn id_place(&self, number: usize) -> *mut i32 {
        self.words()[number].as_ptr().cast()
    }

    /// Shares the page with the processes forked from now on.
    pub(crate) fn share(&self) -> nix::Result<()> {
        if !self.shared.load(Ordering::Relaxed) {
            self.advise(MmapAdvise::MADV_DOFORK)?;
            self.shared.store(true, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Shares the page with no more processes.
    pub(crate) fn hide(&self) {
        if self.shared.swap(false, Ordering::Relaxed) {
            // Fails only for an address that is not mapped.
            let _ = self.advise(MmapAdvise::MADV_DONTFORK);
        }
    }

    fn advise(&self, advice: MmapAdvise) -> nix::Result<()> {
        // SAFETY: the range is our mapping; the two kinds of advice used here change what a child gets, not us.
        unsafe { madvise(self.start.cast(), Page::SIZE, advice) }
    }

    /// The word at `index`; `Acquire`.
    pub(crate) fn load(&self, index: usize) -> u64 {
        self.words()[index].load(Ordering::Acquire)
    }

    /// Stores the word at `index`; `Release`.
    #[inline]
    pub(crate) fn store(&self, index: usize, word: u64) {
        self.words()[index].store(word, Ordering::Release);
    }

    #[inline]
    fn words(&self) -> &[AtomicU64; Page::WORDS] {
        // SAFETY: mapped readable and writable, aligned to a page, all bit patterns valid, until `drop`. A child
        // forked while the page was hidden has no such memory; it never uses the value (see `Report`). Nor is one used that is
        // reserved and not mapped yet.
        unsafe { self.start.as_ref() }
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        // SAFETY: the range is our mapping, and no reference into it outlives `self`.
        let unmapped = unsafe { munmap(self.start.cast(), Page::SIZE) };
        debug_assert!(unmapped.is_ok());
    }
}
