//! Waiting awake, for as long as that is likely to be shorter than falling asleep and being woken.

use std::cell::Cell;
use std::hint;
use std::time::{Duration, Instant};

use crate::sys::thread;

/// The answer of a peer that is awake takes less than this.
const SHORT: Duration = Duration::from_micros(5);

/// And that of one that has to be woken on another core first. Two that have fallen asleep in turns would do so for ever
/// if neither ever waited for the other to wake up.
const LONG: Duration = Duration::from_micros(50);

/// After so many waits in vain a long one is tried again.
const TRY_AGAIN: u32 = 8;

thread_local! {
    /// How many waits of this thread in a row were in vain.
    static IN_VAIN: Cell<u32> = const { Cell::new(0) };
}

/// Waits awake until `ready`, for a moment; whether it is.
#[inline]
pub(crate) fn until(mut ready: impl FnMut() -> bool) -> bool {
    if ready() {
        return true;
    }
    if alone() {
        return false;
    }
    let in_vain = IN_VAIN.get();
    let patience = if in_vain.is_multiple_of(TRY_AGAIN) { LONG } else { SHORT };
    let start = Instant::now();
    loop {
        for _ in 0..64 {
            hint::spin_loop();
            if ready() {
                IN_VAIN.set(0);
                return true;
            }
        }
        if start.elapsed() > patience {
            IN_VAIN.set(in_vain.wrapping_add(1));
            return false;
        }
    }
}

/// Whether this thread may run on one core only: then its peer perhaps waits for that core.
fn alone() -> bool {
    /// A thread's cores change seldom, and to ask costs a system call.
    const AGAIN: u32 = 256;
    thread_local! {
        static ASKED: Cell<(u32, bool)> = const { Cell::new((0, false)) };
    }
    ASKED.with(|asked| {
        let (left, alone) = asked.get();
        let (left, alone) = if left == 0 { (AGAIN, thread::has_one_core()) } else { (left - 1, alone) };
        asked.set((left, alone));
        alone
    })
}
