//! A number of permits, on a monitor.
//!
//! A seat counts the permits that its process holds. How many are free is not written down anywhere: it is the total
//! less what the seats say, so no permit can be lost on its way from one word to another.

use std::ffi::CStr;

use crate::shm::head::Head;
use crate::shm::monitor::{Inside, Monitor, NoSeat, Seat};
use crate::shm::owner::Patience;
use crate::shm::robust::NotTaken;
use crate::shm::who::Who;
use crate::sys::atomic::AtomicU32;
use crate::sys::atomic::Ordering::{Acquire, Release};
use crate::sys::futex::Change;
use crate::sys::identity::{self, Identity};

#[derive(Debug)]
#[repr(C)]
pub(crate) struct Permits {
    monitor: Monitor,
    total: AtomicU32,
}

// SAFETY: a robust lock and atomics; zeroes are what they begin with; 8 bytes of alignment.
unsafe impl Head for Permits {
    const NAME: &'static CStr = c"mp-semaphore";

    fn init(&self) -> nix::Result<()> {
        self.monitor.init()
    }
}

/// A permit that was taken, by the process that did.
#[derive(Debug)]
pub(crate) struct Permit<'a> {
    head: &'a Permits,
    me: Identity,
    /// Who has died with permits, which whoever took this one has taken back.
    pub(crate) from: Option<Who>,
}

impl Permits {
    #[cfg(model)]
    pub(crate) fn zeroes() -> Permits {
        Permits { monitor: Monitor::zeroes(), total: AtomicU32::new(0) }
    }

    /// The most there can be: the sum of what the seats count stays a word.
    pub(crate) const MOST: u32 = u32::MAX / 2;

    /// Sets the number of permits, before anybody else knows of it.
    pub(crate) fn begin(&self, total: u32) {
        self.total.store(total.min(Permits::MOST), Release);
    }

    /// Waits for a permit, and takes it.
    pub(crate) fn take(&self, patience: Patience) -> Result<Permit<'_>, NoSeat> {
        let mut inside = self.monitor.enter(patience)?;
        let mut from = None;
        loop {
            let seat = match inside.seat() {
                Err(NoSeat::Full) => {
                    from = Some(bury(&inside).ok_or(NoSeat::Full)?);
                    continue;
                }
                seat => seat?,
            };
            let held = held(&inside);
            if held < self.total.load(Acquire) {
                seat.count.store(seat.count() + 1, Release);
                return Ok(Permit { head: self, me: identity::current(), from });
            }
            if let Some(dead) = bury(&inside) {
                from = Some(dead);
                continue;
            }
            if patience.is_over() {
                return Err(NoSeat::NotTaken(NotTaken::Busy));
            }
            // Where others hold none, none can come back by a death.
            let watchful = held > seat.count();
            inside = inside.sleep(patience, watchful)?;
        }
    }

    /// Adds permits; `false` if that would be more than can be counted.
    pub(crate) fn add(&self, count: u32) -> Result<bool, NotTaken> {
        let inside = self.monitor.enter(Patience::ForEver)?;
        let total = self.total.load(Acquire);
        if total.checked_add(count).is_none_or(|sum| sum > Permits::MOST) {
            return Ok(false);
        }
        let mut left = count;
        while left > 0 {
            let part = left.min(2047); // what the kernel takes at once
            inside.change(&self.total, Change::Add(part as i32));
            left -= part;
        }
        Ok(true)
    }

    /// How many are free. Those of processes that have ended are counted as held, until somebody wants them.
    pub(crate) fn free(&self) -> u32 {
        let held = self.monitor.seats().iter().map(Seat::count).fold(0, u32::saturating_add);
        self.total.load(Acquire).saturating_sub(held)
    }

    /// Who holds how many, as far as that can be said.
    pub(crate) fn holders(&self) -> Vec<(Who, u32)> {
        let held = |seat: &Seat| Some((seat.who()?, seat.count())).filter(|(_, count)| *count != 0);
        self.monitor.seats().iter().filter_map(held).collect()
    }
}

/// Takes the permits of one that has ended; who that was.
fn bury(inside: &Inside<'_>) -> Option<Who> {
    let (_, seat) = inside.dead(|seat| seat.count() != 0)?;
    let who = seat.who();
    inside.change(&seat.count, Change::Set(0));
    inside.vacate(seat);
    who
}

fn held(inside: &Inside<'_>) -> u32 {
    inside.seats().iter().map(Seat::count).sum()
}

impl Permit<'_> {
    /// Keeps it from ever coming back.
    pub(crate) fn forget(mut self) {
        self.end(true);
        std::mem::forget(self);
    }

    fn end(&mut self, for_ever: bool) {
        if self.me != identity::current() {
            return; // a copy in a process forked since
        }
        let Ok(inside) = self.head.monitor.enter(Patience::ForEver) else { return };
        let Some(seat) = inside.find().map(|index| &inside.seats()[index]) else { return };
        if for_ever {
            // The total first: killed in between, one too few is free until our death is noticed, and then it is right.
            self.head.total.store(self.head.total.load(Acquire) - 1, Release);
            seat.count.store(seat.count() - 1, Release);
        } else {
            inside.change(&seat.count, Change::Add(-1));
        }
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        self.end(false);
    }
}
