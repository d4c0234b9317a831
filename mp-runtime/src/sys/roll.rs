//! A list of child processes that signal handlers can read: fixed places, atomics, no locks.
//!
//! Invariant: a place that is taken holds the number of an open descriptor. Who gives a place up does so before the
//! descriptor is closed, and waits until no handler is reading; a handler that never returns lets him wait for ever,
//! which is right, for then the process is about to end.

use std::os::fd::{AsRawFd, BorrowedFd};
use std::ptr;
use std::sync::atomic::{AtomicI32, AtomicPtr, AtomicU32, AtomicU64, Ordering::SeqCst};
use std::time::Duration;

use crate::sys::{direct, pidfd};

/// The list of one process. In a copy that a fork has made it is nobody's.
///
/// All zeroes while nobody uses it, which keeps it out of the pages of variables that have a value from the start: of these a child
/// needs a copy, the fewer the better.
#[derive(Debug)]
pub(crate) struct Roll {
    first: Row,
    /// The process whose children are listed; 0 while nobody lists any.
    owner: AtomicI32,
    readers: AtomicU32,
    /// How many children have ever been entered.
    entered: AtomicU64,
}

#[derive(Debug)]
struct Row {
    places: [Place; Row::LENGTH],
    /// Null, or made once and never freed.
    more: AtomicPtr<Row>,
}

/// Where one child is listed.
#[derive(Debug)]
pub(crate) struct Place {
    /// The number of the child in the order of their start, from 1; 0 if the place is free.
    order: AtomicU64,
    number: AtomicI32,
    /// What whoever has entered it wants to be remembered.
    note: AtomicU64,
}

/// The list while it is read.
#[derive(Debug)]
pub(crate) struct Reading<'a>(&'a Roll);

/// A child that is listed.
#[derive(Debug)]
pub(crate) struct Listed<'a> {
    pub(crate) pidfd: BorrowedFd<'a>,
    pub(crate) note: u64,
    order: u64,
    place: &'a Place,
}

impl Row {
    const LENGTH: usize = 32;

    const fn new() -> Row {
        Row { places: [const { Place::free() }; Row::LENGTH], more: AtomicPtr::new(ptr::null_mut()) }
    }

    fn more(&self) -> Option<&Row> {
        // SAFETY: null, or from `lengthen`: never freed, and shared, so never borrowed mutably.
        unsafe { self.more.load(SeqCst).as_ref() }
    }

    /// Adds a row behind this one, the last. One caller at a time.
    fn lengthen(&self) -> &Row {
        let more = Box::leak(Box::new(Row::new()));
        self.more.store(more, SeqCst);
        more
    }
}

impl Place {
    const fn free() -> Place {
        Place { order: AtomicU64::new(0), number: AtomicI32::new(0), note: AtomicU64::new(0) }
    }
}

impl Roll {
    pub(crate) const fn new() -> Roll {
        let (owner, readers) = (AtomicI32::new(0), AtomicU32::new(0));
        Roll { first: Row::new(), owner, readers, entered: AtomicU64::new(0) }
    }

    /// Lists the children that the calling process starts from now on.
    pub(crate) fn open(&self) {
        self.rows().flat_map(|row| &row.places).for_each(|place| place.order.store(0, SeqCst));
        self.owner.store(direct::id(), SeqCst);
        self.readers.store(0, SeqCst);
    }

    /// Lists no more.
    pub(crate) fn close(&self) {
        self.owner.store(0, SeqCst);
    }

    /// Whether the calling process lists its children.
    pub(crate) fn is_ours(&self) -> bool {
        let owner = self.owner.load(SeqCst);
        owner != 0 && owner == direct::id() // mostly nobody lists any, which is known without the call
    }

    fn rows(&self) -> impl Iterator<Item = &Row> {
        std::iter::successors(Some(&self.first), |row| row.more())
    }

    /// Lists a child, if this process does that. One caller at a time.
    #[inline]
    pub(crate) fn enter(&self, pidfd: BorrowedFd<'_>, note: u64) -> Option<&Place> {
        if !self.is_ours() {
            return None;
        }
        let mut row = &self.first;
        let place = loop {
            if let Some(place) = row.places.iter().find(|place| place.order.load(SeqCst) == 0) {
                break place;
            }
            row = row.more().unwrap_or_else(|| row.lengthen());
        };
        place.number.store(pidfd.as_raw_fd(), SeqCst);
        place.note.store(note, SeqCst);
        place.order.store(self.entered.fetch_add(1, SeqCst) + 1, SeqCst);
        Some(place)
    }

    /// Takes a child off the list; then its descriptor may be closed.
    pub(crate) fn leave(&self, place: &Place) {
        place.order.store(0, SeqCst);
        while self.readers.load(SeqCst) > 0 && self.is_ours() {
            pidfd::pause(Duration::from_millis(1));
        }
    }

    /// Begins to read. For signal handlers, too.
    pub(crate) fn read(&self) -> Reading<'_> {
        self.readers.fetch_add(1, SeqCst);
        Reading(self)
    }
}

impl Drop for Reading<'_> {
    fn drop(&mut self) {
        self.0.readers.fetch_sub(1, SeqCst);
    }
}

impl Reading<'_> {
    /// The child that was started last of those before `after`, or of all.
    pub(crate) fn last(&self, after: Option<&Listed<'_>>) -> Option<Listed<'_>> {
        let bound = after.map_or(u64::MAX, |listed| listed.order);
        let taken = self.0.rows().flat_map(|row| &row.places).map(|place| (place.order.load(SeqCst), place));
        let (order, place) = taken.filter(|(order, _)| (1..bound).contains(order)).max_by_key(|(order, _)| *order)?;
        let (number, note) = (place.number.load(SeqCst), place.note.load(SeqCst));
        // SAFETY: the place was taken while this reading had begun, so whoever gives it up waits for the end of the
        // reading before he closes the descriptor.
        let pidfd = unsafe { BorrowedFd::borrow_raw(number) };
        Some(Listed { pidfd, note, order, place })
    }
}

impl Listed<'_> {
    /// Takes it off the list, by a reader that will not end.
    pub(crate) fn strike(&self) {
        // Who has taken the place meanwhile is another child.
        let _ = self.place.order.compare_exchange(self.order, 0, SeqCst, SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsFd;

    use super::*;

    #[test]
    fn the_last_child_comes_first() {
        let roll = Roll::new();
        let input = std::io::stdin();
        assert!(roll.enter(input.as_fd(), 0).is_none());
        roll.open();
        let places: Vec<_> = (0..100).map(|note| roll.enter(input.as_fd(), note).expect("it is open")).collect();
        roll.leave(places[98]);
        let reading = roll.read();
        let notes: Vec<_> = std::iter::successors(reading.last(None), |listed| reading.last(Some(listed)))
            .map(|one| one.note)
            .collect();
        assert_eq!(notes, (0..100).rev().filter(|note| *note != 98).collect::<Vec<_>>());
        for _ in 0..99 {
            reading.last(None).expect("not all are struck").strike();
        }
        assert!(reading.last(None).is_none());
    }
}
