//! Waiting awake, for as long as that is likely to be shorter than falling asleep and being woken.

use std::cell::Cell;
use std::hint;
use std::time::{Duration, Instant};

use crate::sys::thread;

/// To be woken on another core takes longer than this, and the answer of a peer that is awake less.
const PATIENCE: Duration = Duration::from_micros(20);

/// Waits awake until `ready`, for a moment; whether it is.
#[inline]
pub(crate) fn until(mut ready: impl FnMut() -> bool) -> bool {
    if ready() {
        return true;
    }
    if alone() {
        return false;
    }
    let start = Instant::now();
    loop {
        for _ in 0..64 {
            hint::spin_loop();
            if ready() {
                return true;
            }
        }
        if start.elapsed() > PATIENCE {
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
