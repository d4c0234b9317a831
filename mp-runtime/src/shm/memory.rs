//! What a ring is made of: words that are accessed atomically, and bytes.
//!
//! The protocols are written over these traits, so that a model checker can run them on memory of its own.

use std::os::fd::{BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicU64, Ordering};

use nix::errno::Errno;

use crate::shm::region::Region;
use crate::sys::memory;

/// A word that several processes access.
pub(crate) trait Word {
    /// What is read here was written by whoever stored the value, before it did.
    fn get(&self) -> u64;
    /// For a word that nobody else writes at the moment.
    fn get_own(&self) -> u64;
    fn set(&self, value: u64);
    /// Stores, and only then does what follows in this thread: of two that store so and then [look](Word::look) at
    /// what the other has stored, one at least sees it.
    fn announce(&self, value: u64);
    /// See [`Word::announce`].
    fn look(&self) -> u64;
    /// Stores `new` if the value is `old`; else what the value is.
    fn replace(&self, old: u64, new: u64) -> Result<(), u64>;
    /// Adds one; the value before.
    fn count(&self) -> u64;
    /// Stores `value` if it is larger.
    fn raise(&self, value: u64);
}

impl Word for AtomicU64 {
    #[inline]
    fn get(&self) -> u64 {
        AtomicU64::load(self, Ordering::Acquire)
    }

    #[inline]
    fn get_own(&self) -> u64 {
        AtomicU64::load(self, Ordering::Relaxed)
    }

    #[inline]
    fn set(&self, value: u64) {
        AtomicU64::store(self, value, Ordering::Release);
    }

    #[inline]
    fn announce(&self, value: u64) {
        self.swap(value, Ordering::SeqCst);
    }

    #[inline]
    fn look(&self) -> u64 {
        AtomicU64::load(self, Ordering::SeqCst)
    }

    #[inline]
    fn replace(&self, old: u64, new: u64) -> Result<(), u64> {
        self.compare_exchange(old, new, Ordering::SeqCst, Ordering::SeqCst).map(drop)
    }

    #[inline]
    fn count(&self) -> u64 {
        self.fetch_add(1, Ordering::SeqCst)
    }

    #[inline]
    fn raise(&self, value: u64) {
        self.fetch_max(value, Ordering::SeqCst);
    }
}

/// A word with a meaning of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(usize)]
pub(crate) enum Field {
    // Words that belong together share a pair of cache lines, and no others do: 16 words.
    /// Whose turn it is to send.
    SendTurn = 0,
    /// Where the head was when a sender looked last.
    HeadSeen = 1,
    /// Counts the messages that descriptors were sent for.
    Stamp = 2,
    /// Up to here the ring is written.
    Tail = 16,
    /// Whose turn it is to receive.
    ReceiveTurn = 32,
    /// Where the tail was when a receiver looked last.
    TailSeen = 33,
    /// Up to here the ring is read.
    Head = 48,
    /// Counts the announcements of receivers that they are about to sleep.
    ReceiversAsleep = 64,
    /// The same of senders.
    SendersAsleep = 65,
    /// Above this there is no place of the roster in use.
    Places = 66,
    /// Counts the changes to the roster; a hint, for a process may be killed before it counts its change.
    Changes = 67,
    /// Counts the places given out.
    Serial = 68,
    /// So many of the announcements of receivers have been answered by a signal.
    ReceiversWoken = 69,
    /// The same of senders.
    SendersWoken = 70,
    /// The bytes of the ring, and the most messages in it; written once.
    Size = 80,
    Capacity = 81,
}

impl Field {
    /// How many words these take up.
    pub(crate) const COUNT: usize = 96;
}

/// The memory of a ring: fields, the places of a roster, and the ring's own bytes, followed by themselves.
pub(crate) trait Memory {
    type Word: Word;

    fn field(&self, field: Field) -> &Self::Word;
    /// The places of the roster.
    fn places(&self) -> &[Self::Word];
    /// Writes from `offset`, which is within the ring; no more bytes than the ring has.
    fn write(&self, offset: usize, bytes: &[u8]);
    /// Appends `length` bytes from `offset` to `bytes`; limits as above.
    fn read(&self, offset: usize, length: usize, bytes: &mut Vec<u8>);
    fn write_word(&self, offset: usize, word: u64);
    fn read_word(&self, offset: usize) -> u64;
    /// The word at `offset`, which is within the ring and a multiple of eight.
    fn word(&self, offset: usize) -> &Self::Word;
}

/// Memory of a ring in a region whose body is mirrored.
#[derive(Debug)]
pub(crate) struct Mapped {
    region: Region,
    size: usize,
}

/// How many places a roster has.
pub(crate) const PLACES: usize = 2048;

const HEAD: usize = (Field::COUNT + PLACES) * size_of::<u64>();

impl Mapped {
    /// Makes the memory of a ring of `size` bytes, a power of two and of whole pages.
    pub(crate) fn new(size: usize, capacity: usize) -> nix::Result<Mapped> {
        let mapped = Mapped { region: Region::mirrored(c"mp-channel", HEAD, size)?, size };
        mapped.field(Field::Size).set(size as u64);
        mapped.field(Field::Capacity).set(capacity as u64);
        Ok(mapped)
    }

    /// Maps the memory of a ring that another process has made; its size and capacity.
    ///
    /// # Errors
    ///
    /// `EINVAL` when it is no such memory.
    pub(crate) fn open(file: OwnedFd) -> nix::Result<(Mapped, usize, usize)> {
        let region = Region::open(file, Some(HEAD))?;
        let [size, capacity] =
            [Field::Size, Field::Capacity].map(|field| region.word(field as usize * size_of::<u64>()).get() as usize);
        let head = HEAD.next_multiple_of(memory::page_size());
        if !size.is_power_of_two() || head.checked_add(size) != Some(region.length()) || capacity == 0 {
            return Err(Errno::EINVAL);
        }
        Ok((Mapped { region, size }, size, capacity))
    }

    /// The file, to be passed to another process.
    pub(crate) fn file(&self) -> BorrowedFd<'_> {
        self.region.file()
    }

    /// Where the byte at `offset` of the ring is.
    #[inline]
    pub(super) fn at(&self, offset: usize, length: usize) -> *mut u8 {
        assert!(offset < self.size && length <= self.size);
        let head = self.region.length() - self.size;
        // SAFETY: the head lies before the body, and the body is mapped twice: an offset within it and no more bytes than
        // it has end within the second.
        unsafe { self.region.start().as_ptr().add(head + offset) }
    }
}

impl Memory for Mapped {
    type Word = AtomicU64;

    #[inline]
    fn field(&self, field: Field) -> &AtomicU64 {
        self.region.word(field as usize * size_of::<u64>())
    }

    #[inline]
    fn places(&self) -> &[AtomicU64] {
        self.region.words(Field::COUNT * size_of::<u64>(), PLACES)
    }

    #[inline]
    fn write(&self, offset: usize, bytes: &[u8]) {
        let at = self.at(offset, bytes.len());
        // SAFETY: `at` has room for as many bytes, which are outside of the region. By the protocol nobody else accesses
        // what is not published yet; a process that breaks it can make the bytes wrong, which the reader checks.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), at, bytes.len()) };
    }

    #[inline]
    fn read(&self, offset: usize, length: usize, bytes: &mut Vec<u8>) {
        let at = self.at(offset, length);
        bytes.reserve(length);
        let to = bytes.spare_capacity_mut().as_mut_ptr().cast::<u8>();
        // SAFETY: `reserve` has made room for as many bytes there, outside of the region; as above for `at`.
        unsafe { std::ptr::copy_nonoverlapping(at, to, length) };
        // SAFETY: these bytes were written just now.
        unsafe { bytes.set_len(bytes.len() + length) };
    }

    #[inline]
    fn write_word(&self, offset: usize, word: u64) {
        self.write(offset, &word.to_ne_bytes());
    }

    fn word(&self, offset: usize) -> &AtomicU64 {
        assert!(offset < self.size);
        self.region.word(self.region.length() - self.size + offset)
    }

    #[inline]
    fn read_word(&self, offset: usize) -> u64 {
        let at = self.at(offset, size_of::<u64>());
        // SAFETY: mapped for eight bytes; any of them are a word.
        unsafe { at.cast::<u64>().read_unaligned() }
    }
}
