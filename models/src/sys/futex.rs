//! The kernel's queue of sleepers.

use std::ptr;
use std::time::Instant;

use crate::sys::atomic::{AtomicU32, Ordering};
use crate::world::{self, step};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    Set(u32),
    Add(i32),
}

pub(crate) const ALL: i32 = i32::MAX;

/// With a deadline, it is one to look who has died: in a model time passes when somebody does.
pub(crate) fn wait(word: &AtomicU32, expected: u32, deadline: Option<Instant>) {
    step();
    let unchanged = || word.0.load(Ordering::SeqCst) == expected;
    world::sleep(ptr::from_ref(word).addr(), deadline.is_some(), unchanged);
}

pub(crate) fn change_and_wake(word: &AtomicU32, change: Change, sleepers: &AtomicU32, count: i32) -> u32 {
    step();
    let change = || match change {
        Change::Set(to) => drop(word.0.swap(to, Ordering::SeqCst)),
        Change::Add(by) => drop(word.0.fetch_add(by as u32, Ordering::SeqCst)),
    };
    world::change_and_wake(ptr::from_ref(sleepers).addr(), count as usize, change) as u32
}
