//! What a worker is at, and what it has finished and not sent yet: so that its death, at any instruction, loses exactly
//! the item it was at.
//!
//! One process writes, the worker; its parent reads, mostly once the worker is dead. The worker copies each finished item
//! behind those before it and then stores the new extent: that one store finishes the item. To begin anew it empties the
//! extent *before* it says what the items belong to from now on, so that no item is taken for another's. What has been
//! sent is in the draft for a moment longer; the reader knows what it has received, and skips that.

use std::os::fd::{BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicU64, Ordering};

use nix::errno::Errno;

use crate::shm::region::Region;

/// The draft of one worker.
#[derive(Debug)]
pub(crate) struct Draft {
    region: Region,
}

/// How far a worker is with an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// It has finished it, or not begun any.
    Between = 0,
    /// It reads the argument.
    Reading = 1,
    /// It runs the function.
    Running = 2,
    /// It writes the value.
    Writing = 3,
}

/// What a worker is at: which item of which batch, and how far with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) batch: u32,
    pub(crate) item: u32,
    pub(crate) step: Step,
}

/// Finished items of one batch, in a row.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Finished {
    pub(crate) batch: u32,
    /// The first of them.
    pub(crate) first: u32,
    pub(crate) count: u32,
    pub(crate) bytes: Vec<u8>,
}

/// Batch (32 bits), item (30), step (2).
const MARK: usize = 0;
/// When the worker began with that item, in milliseconds of the coarse clock.
const SINCE: usize = 8;
/// Later than any time: nothing has taken long since.
pub(crate) const NEVER: u64 = u64::MAX;
/// Batch (32 bits) and first item (32) of what is in the body.
const BASE: usize = 64;
/// Count of items (32 bits) and of their bytes (32).
const EXTENT: usize = 72;
const BODY: usize = 128;

impl Mark {
    #[inline]
    fn encode(self) -> u64 {
        pack(self.batch, self.item << 2 | self.step as u32)
    }

    fn decode(word: u64) -> Mark {
        let (batch, rest) = unpack(word);
        let step = [Step::Between, Step::Reading, Step::Running, Step::Writing][(rest & 3) as usize];
        Mark { batch, item: rest >> 2, step }
    }
}

impl Draft {
    /// Makes a draft with room for about `room` bytes of finished items.
    pub(crate) fn new(room: usize) -> nix::Result<Draft> {
        Ok(Draft { region: Region::new(c"mp-draft", BODY + room)? })
    }

    /// Maps the draft that another process has made, from its file.
    pub(crate) fn open(file: OwnedFd) -> nix::Result<Draft> {
        let region = Region::open(file, None)?;
        if region.length() <= BODY {
            return Err(Errno::EINVAL);
        }
        Ok(Draft { region })
    }

    /// The file, to be passed to another process.
    pub(crate) fn file(&self) -> BorrowedFd<'_> {
        self.region.file()
    }

    /// In the worker: notes what it is at.
    #[inline]
    pub(crate) fn mark(&self, mark: Mark) {
        self.word(MARK).store(mark.encode(), Ordering::Release);
    }

    /// In the worker: notes when it began with the item that it is about to mark.
    #[inline]
    pub(crate) fn stamp(&self, since: u64) {
        self.word(SINCE).store(since, Ordering::Release);
    }

    /// In the worker: empties it, for items of `batch` from `first` on.
    #[inline]
    pub(crate) fn begin(&self, batch: u32, first: u32) {
        self.word(EXTENT).store(0, Ordering::Release);
        self.word(BASE).store(pack(batch, first), Ordering::Release);
    }

    /// In the worker: adds one finished item; `false` if there is no room for it.
    #[inline]
    pub(crate) fn add(&self, item: &[u8]) -> bool {
        let extent = self.word(EXTENT);
        let (count, length) = unpack(extent.load(Ordering::Relaxed));
        let room = self.region.length() - BODY;
        let end = item.len().saturating_add(length as usize);
        if end > room {
            return false;
        }
        // SAFETY: the head lies before the body, and `length` was checked to lie within that.
        let to = unsafe { self.region.start().as_ptr().add(BODY + length as usize) };
        // SAFETY: there is room for the item, which is outside of the region; nobody reads there before it is said to
        // be finished, and nobody else writes.
        unsafe { std::ptr::copy_nonoverlapping(item.as_ptr(), to, item.len()) };
        extent.store(pack(count + 1, end as u32), Ordering::Release);
        true
    }

    /// In the parent: what the worker is at.
    pub(crate) fn read_mark(&self) -> Mark {
        Mark::decode(self.word(MARK).load(Ordering::Acquire))
    }

    /// In the parent: when the worker began with what it is at.
    pub(crate) fn since(&self) -> u64 {
        self.word(SINCE).load(Ordering::Acquire)
    }

    /// In the parent, once the worker is dead: what it has finished.
    pub(crate) fn finished(&self) -> Finished {
        let (count, length) = unpack(self.word(EXTENT).load(Ordering::Acquire));
        let (batch, first) = unpack(self.word(BASE).load(Ordering::Acquire));
        let length = (length as usize).min(self.region.length() - BODY);
        let mut bytes = vec![0; length];
        // SAFETY: the body begins within the region.
        let from = unsafe { self.region.start().as_ptr().add(BODY) };
        // SAFETY: `length` bytes are there, by the line above, and as many in the vector; the writer is dead. If it had
        // left somebody who writes on, the bytes are wrong, which the reader of items checks.
        unsafe { std::ptr::copy_nonoverlapping(from, bytes.as_mut_ptr(), length) };
        Finished { batch, first, count, bytes }
    }

    #[inline]
    fn word(&self, offset: usize) -> &AtomicU64 {
        self.region.word(offset)
    }
}

#[inline]
fn pack(high: u32, low: u32) -> u64 {
    u64::from(high) << 32 | u64::from(low)
}

#[inline]
fn unpack(word: u64) -> (u32, u32) {
    ((word >> 32) as u32, word as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft() -> Draft {
        Draft::new(1).expect("a page is to be had")
    }

    #[test]
    fn finished_items_are_there_in_their_order() {
        let draft = draft();
        draft.begin(7, 3);
        assert!(draft.add(b"lucky") && draft.add(b"man"));
        assert_eq!(draft.finished(), Finished { batch: 7, first: 3, count: 2, bytes: b"luckyman".to_vec() });
    }

    #[test]
    fn draft_begun_anew_is_empty() {
        let draft = draft();
        draft.begin(7, 3);
        assert!(draft.add(b"lucky"));
        draft.begin(8, 0);
        assert_eq!(draft.finished(), Finished { batch: 8, first: 0, count: 0, bytes: Vec::new() });
    }

    #[test]
    fn item_that_does_not_fit_changes_nothing() {
        let draft = draft();
        draft.begin(1, 0);
        assert!(draft.add(b"lucky") && !draft.add(&[0; 4096]));
        assert_eq!(draft.finished().count, 1);
    }

    #[test]
    fn mark_is_read_as_it_was_written() {
        let draft = draft();
        for step in [Step::Between, Step::Reading, Step::Running, Step::Writing] {
            let mark = Mark { batch: u32::MAX, item: (1 << 30) - 1, step };
            draft.mark(mark);
            assert_eq!(draft.read_mark(), mark);
        }
    }
}
