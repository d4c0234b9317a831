//! The soft time limit: the function can ask whether it has been exceeded.

use std::cell::Cell;

use crate::sys::clock;

thread_local! {
    /// When the item that this thread is at should be done, in milliseconds of the coarse clock; 0 if it has no limit.
    static DUE: Cell<u64> = const { Cell::new(0) };
}

/// Whether the item that the calling worker is at has taken longer than its
/// [`soft_timeout`](crate::PoolBuilder::soft_timeout); then the function should come to an end by itself, before it is
/// brought to one.
///
/// Costs a few nanoseconds, and is right within 20 ms. Asked anywhere else than in the function of a pool, or in a thread that this has
/// started, it is `false`.
///
/// ```
/// use std::time::Duration;
/// use mp_runtime::{Pool, is_overdue};
///
/// // As good as it gets within the time.
/// let search = |from: u64| (from..).take_while(|_| !is_overdue()).last();
/// let pool = Pool::builder().soft_timeout(Duration::from_millis(5)).start(search)?;
/// assert!(pool.map([1])?[0] > Some(1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn is_overdue() -> bool {
    let due = DUE.get();
    due > 0 && clock::coarse() >= due
}

/// Notes when the item that this thread is about to begin with should be done.
pub(crate) fn set(due: Option<u64>) {
    DUE.set(due.unwrap_or(0));
}
