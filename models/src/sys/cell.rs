//! A number that loom watches: reading it while it is written to, in any order that the memory model allows, is a failure.

use loom::cell::UnsafeCell;

pub(crate) struct Watched(UnsafeCell<u32>);

impl Watched {
    pub(crate) fn new(number: u32) -> Watched {
        Watched(UnsafeCell::new(number))
    }

    pub(crate) fn get(&self) -> u32 {
        // SAFETY: loom panics before it hands out the pointer while another writes.
        self.0.with(|number| unsafe { *number })
    }

    pub(crate) fn set(&mut self, to: u32) {
        // SAFETY: as above, while another reads or writes.
        self.0.with_mut(|number| unsafe { *number = to });
    }
}
