//! Memory that processes share and that grows.
//!
//! Invariant: `capacity` bytes of address space are mapped, and the file behind them is long enough for the head and for
//! `backed` bytes. It is sealed against being shortened, so that no access up to there can end in SIGBUS for want of a file.
//! The head's first word says how many bytes there are; beyond `backed` it is believed only after a look at the file.

use std::num::NonZeroUsize;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::ptr::NonNull;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicU64, AtomicUsize};

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, SealFlag, fcntl};
use nix::sys::mman::{MapFlags, ProtFlags, mmap, munmap};
use nix::sys::stat::fstat;

use crate::sys::memory;

/// A run of bytes, accessed by whole words and atomically.
#[derive(Debug)]
pub(crate) struct Growing {
    start: NonNull<AtomicU64>,
    /// How many bytes there can be, in whole words.
    capacity: usize,
    /// How many bytes the file was seen to have behind the head; it may have more.
    backed: AtomicUsize,
    file: OwnedFd,
}

// SAFETY: the memory is reachable from every thread and lives as long as the value; it is accessed by atomic operations only.
unsafe impl Send for Growing {}
// SAFETY: as above.
unsafe impl Sync for Growing {}

const WORD: usize = size_of::<u64>();
/// The bytes before the first: words for the length, the capacity, and a stamp.
const HEAD: usize = 64;
const STAMP: u64 = u64::from_be_bytes(*b"mp-bytes");

impl Growing {
    /// Reserves addresses for `capacity` bytes; there are none of them yet.
    pub(crate) fn new(capacity: usize) -> nix::Result<Growing> {
        let capacity = capacity.checked_next_multiple_of(WORD).ok_or(Errno::ENOMEM)?;
        let file = memory::create(c"mp-bytes")?;
        memory::allocate(file.as_fd(), HEAD)?;
        fcntl(&file, FcntlArg::F_ADD_SEALS(SealFlag::F_SEAL_SHRINK))?;
        let bytes = Growing::map(file, capacity)?;
        bytes.word(1).store(capacity as u64, Relaxed);
        bytes.word(2).store(STAMP, Release);
        Ok(bytes)
    }

    /// Maps what another process has made, from its file.
    ///
    /// # Errors
    ///
    /// `EPERM` when it is not sealed against being shortened, `EINVAL` when it is something else.
    pub(crate) fn open(file: OwnedFd) -> nix::Result<Growing> {
        if fcntl(&file, FcntlArg::F_GET_SEALS)? & SealFlag::F_SEAL_SHRINK.bits() == 0 {
            return Err(Errno::EPERM);
        }
        if fstat(&file)?.st_size < HEAD as i64 {
            return Err(Errno::EINVAL);
        }
        let head = Growing::map(file.try_clone().map_err(|_| Errno::EMFILE)?, 0)?;
        let capacity = usize::try_from(head.word(1).load(Relaxed)).map_err(|_| Errno::EINVAL)?;
        if head.word(2).load(Acquire) != STAMP || !capacity.is_multiple_of(WORD) {
            return Err(Errno::EINVAL);
        }
        let bytes = Growing::map(file, capacity)?;
        let said = bytes.word(0).load(Acquire);
        if said > bytes.length() as u64 { Err(Errno::EINVAL) } else { Ok(bytes) }
    }

    fn map(file: OwnedFd, capacity: usize) -> nix::Result<Growing> {
        let mapped = capacity.checked_add(HEAD).and_then(NonZeroUsize::new).ok_or(Errno::ENOMEM)?;
        let access = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
        // SAFETY: a new mapping at an address the kernel picks touches no memory of ours.
        let start = unsafe { mmap(None, mapped, access, MapFlags::MAP_SHARED, &file, 0) }?;
        Ok(Growing { start: start.cast(), capacity, backed: AtomicUsize::new(0), file })
    }

    /// The file, to be passed to another process.
    pub(crate) fn file(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }

    pub(crate) fn capacity(&self) -> usize {
        self.capacity
    }

    /// How many bytes there are.
    pub(crate) fn length(&self) -> usize {
        let said = usize::try_from(self.word(0).load(Acquire)).unwrap_or(usize::MAX).min(self.capacity);
        // It has become more, or a number is there that nobody has grown to: somebody else's mistake, not to become ours.
        said.min(self.backed(said))
    }

    /// How many bytes the file has, if that is not known to be enough for `length` of them.
    fn backed(&self, length: usize) -> usize {
        let known = self.backed.load(Relaxed);
        if length <= known {
            return known;
        }
        let size = fstat(&self.file).map_or(0, |stat| usize::try_from(stat.st_size).unwrap_or(usize::MAX));
        let seen = size.saturating_sub(HEAD);
        self.backed.fetch_max(seen, Relaxed).max(seen)
    }

    /// Sees that there are at least `length` bytes, new ones zero.
    pub(crate) fn grow(&self, length: usize) -> nix::Result<()> {
        if length > self.capacity {
            return Err(Errno::EFBIG);
        }
        if length > self.length() {
            memory::allocate(self.file.as_fd(), HEAD + length.next_multiple_of(WORD))?;
            // Memory first: killed in between, there is more than anybody knows of. Whoever grows at the same time agrees.
            self.word(0).fetch_max(length as u64, AcqRel);
        }
        Ok(())
    }

    /// Copies from `at` on; `false` when there are not so many bytes.
    pub(crate) fn read(&self, at: usize, to: &mut [u8]) -> bool {
        if !self.has(at, to.len()) {
            return false;
        }
        let mut left = to;
        let mut at = at;
        while !left.is_empty() {
            let (place, skip) = (at / WORD, at % WORD);
            let bytes = self.word(HEAD / WORD + place).load(Relaxed).to_ne_bytes();
            let part = (WORD - skip).min(left.len());
            let (now, later) = left.split_at_mut(part);
            now.copy_from_slice(&bytes[skip..skip + part]);
            (left, at) = (later, at + part);
        }
        true
    }

    /// Copies to `at` and on; `false` when there are not so many bytes.
    pub(crate) fn write(&self, at: usize, from: &[u8]) -> bool {
        if !self.has(at, from.len()) {
            return false;
        }
        let mut left = from;
        let mut at = at;
        while !left.is_empty() {
            let (place, skip) = (at / WORD, at % WORD);
            let word = self.word(HEAD / WORD + place);
            let part = (WORD - skip).min(left.len());
            let (now, later) = left.split_at(part);
            let merge = |before: u64| {
                let mut bytes = before.to_ne_bytes();
                bytes[skip..skip + part].copy_from_slice(now);
                u64::from_ne_bytes(bytes)
            };
            if part == WORD {
                word.store(merge(0), Relaxed);
            } else {
                // Somebody else may write to the other bytes of the word.
                let _ = word.fetch_update(Relaxed, Relaxed, |before| Some(merge(before)));
            }
            (left, at) = (later, at + part);
        }
        true
    }

    fn has(&self, at: usize, count: usize) -> bool {
        at.checked_add(count).is_some_and(|end| end <= self.length())
    }

    /// The word of that number, which must be in the head or below the length.
    fn word(&self, index: usize) -> &AtomicU64 {
        debug_assert!(index < (HEAD + self.capacity) / WORD);
        // SAFETY: within the mapping, says the caller, which checks it by `has`.
        let word = unsafe { self.start.add(index) };
        // SAFETY: mapped and aligned, and of the file, whose size `length` has looked at and which is never shortened.
        unsafe { word.as_ref() }
    }
}

impl Drop for Growing {
    fn drop(&mut self) {
        // SAFETY: the range is our mapping, and no reference into it outlives `self`.
        let unmapped = unsafe { munmap(self.start.cast(), HEAD + self.capacity) };
        debug_assert!(unmapped.is_ok());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FAR: usize = 1 << 20;

    #[test]
    fn a_length_that_nobody_has_grown_to_is_not_believed() {
        let bytes = Growing::new(2 * FAR).expect("there is memory");
        bytes.grow(10).expect("there is memory");
        for garbage in [FAR as u64, u64::MAX] {
            bytes.word(0).store(garbage, Relaxed);
            // Where there is no file, an access would be a SIGBUS.
            assert!(!bytes.read(FAR - 1, &mut [0]) && !bytes.write(FAR - 1, &[0]));
            assert!(bytes.read(0, &mut [0; 10]));
            let file = bytes.file().try_clone_to_owned().expect("a descriptor");
            assert_eq!(Growing::open(file).map(drop), Err(Errno::EINVAL));
        }
    }

    #[test]
    fn what_another_has_grown_is_seen() {
        let bytes = Growing::new(2 * FAR).expect("there is memory");
        let other = Growing::open(bytes.file().try_clone_to_owned().expect("a descriptor")).expect("it is the same");
        for length in [10, FAR] {
            bytes.grow(length).expect("there is memory");
            assert!(other.length() == length && other.write(length - 1, &[7]));
            let mut last = [0];
            assert!(bytes.read(length - 1, &mut last) && last == [7]);
        }
    }
}
