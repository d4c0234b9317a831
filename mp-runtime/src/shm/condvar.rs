//! Waiting to be notified, on a monitor.
//!
//! A seat counts the waiters of its process. A notification bumps the turn and wakes, in one system call, and takes no
//! lock: it can neither be lost half-way nor wait for a waiter. Whom it has not woken sees at the next look that the turn has
//! changed, and looks at what it waits for: so it does not matter if the one that was woken dies of it. When a waiter
//! has died, the others look, too.

use std::ffi::CStr;

use crate::shm::head::Head;
use crate::shm::monitor::{Inside, Monitor, NoSeat, Seat};
use crate::shm::owner::Patience;
use crate::shm::who::Who;
use crate::sys::atomic::Ordering::Release;
use crate::sys::futex;

#[derive(Debug)]
#[repr(C)]
pub(crate) struct Waiters {
    monitor: Monitor,
}

// SAFETY: a robust lock and atomics; zeroes are what they begin with; 8 bytes of alignment.
unsafe impl Head for Waiters {
    const NAME: &'static CStr = c"mp-condvar";

    fn init(&self) -> nix::Result<()> {
        self.monitor.init()
    }
}

/// A waiter that has been counted: it misses no notification from here on.
#[derive(Debug)]
pub(crate) struct Waiter<'a> {
    head: &'a Waiters,
    seen: u32,
    patience: Patience,
}

impl Waiters {
    #[cfg(model)]
    pub(crate) fn zeroes() -> Waiters {
        Waiters { monitor: Monitor::zeroes() }
    }

    /// Counts the calling thread as a waiter, while it still holds the lock that it will give up to wait.
    pub(crate) fn begin(&self, patience: Patience) -> Result<Waiter<'_>, NoSeat> {
        let inside = self.monitor.enter(patience)?;
        let seat = loop {
            match inside.seat() {
                Err(NoSeat::Full) if self.bury(&inside) => {}
                seat => break seat?,
            }
        };
        seat.count.store(seat.count() + 1, Release);
        Ok(Waiter { head: self, seen: inside.leave_to_sleep(), patience })
    }

    pub(crate) fn notify_one(&self) {
        self.monitor.wake(1);
    }

    pub(crate) fn notify_all(&self) {
        self.monitor.wake(futex::ALL);
    }

    /// Looks for a waiter that has died, and wakes everybody if there is one; whether there is.
    fn bury(&self, inside: &Inside<'_>) -> bool {
        let Some((_, seat)) = inside.dead(|seat| seat.count() != 0) else { return false };
        // First, so that if we are killed on the way another finds the seat.
        self.notify_all();
        inside.vacate(seat);
        true
    }

    /// As `bury`, from outside; `false` if one that was stopped inside kept us out.
    fn look(&self) -> bool {
        self.monitor.enter(Patience::None).is_ok_and(|inside| self.bury(&inside))
    }

    /// Who waits, as far as that can be said.
    pub(crate) fn waiting(&self) -> Vec<Who> {
        self.monitor.seats().iter().filter(|seat| seat.count() != 0).filter_map(Seat::who).collect()
    }
}

impl Waiter<'_> {
    /// Sleeps until notified, or until there is reason to look: a waiter has died, or `has_failed` says that one who
    /// held the waiter's lock has. `false` when the time was over first.
    pub(crate) fn sleep(&self, has_failed: impl Fn() -> bool) -> bool {
        let (monitor, patience) = (&self.head.monitor, self.patience);
        loop {
            if monitor.turn() != self.seen {
                return true;
            }
            if patience.is_over() {
                return false;
            }
            monitor.doze(self.seen, patience);
            if monitor.turn() == self.seen && (has_failed() || self.head.look()) {
                return true;
            }
        }
    }
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        // One whose time is limited does not wait for long here either: counted for ever, it costs others a system call each time
        // they notify, and a look when this process has ended.
        let patience = if let Patience::ForEver = self.patience { Patience::ForEver } else { Patience::None };
        let Ok(inside) = self.head.monitor.enter(patience) else { return };
        let Some(seat) = inside.find().map(|index| &inside.seats()[index]) else { return };
        seat.count.store(seat.count().saturating_sub(1), Release);
        if inside.seats().iter().all(|seat| seat.count() == 0) {
            inside.nobody_sleeps();
        }
    }
}
