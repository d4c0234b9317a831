//! Many readers or one writer, on a monitor.
//!
//! A seat counts the readers of its process, or says [`WRITER`]; its other word counts the writers that wait. So who
//! holds the lock is one word for each process, and goes with the process.

use std::ffi::CStr;
use std::thread;

use crate::shm::head::Head;
use crate::shm::monitor::{Inside, Monitor, NoSeat, Seat};
use crate::shm::owner::Patience;
use crate::shm::robust::NotTaken;
use crate::shm::who::{Tag, Who};
use crate::sys::atomic::Ordering::Release;
use crate::sys::atomic::{Ordering, compiler_fence};
use crate::sys::futex::Change;
use crate::sys::identity::{self, Identity};

/// The count of a seat whose process writes.
const WRITER: u32 = 1 << 31;

#[derive(Debug)]
#[repr(C)]
pub(crate) struct ManyOrOne {
    monitor: Monitor,
    /// Who died or panicked while it wrote, until that is cleared.
    poison: Tag,
}

// SAFETY: a robust lock and atomics; zeroes are what they begin with; 8 bytes of alignment.
unsafe impl Head for ManyOrOne {
    const NAME: &'static CStr = c"mp-rwlock";

    fn init(&self) -> nix::Result<()> {
        self.monitor.init()
    }
}

/// The lock, held for reading or for writing.
#[derive(Debug)]
pub(crate) struct Taken<'a> {
    head: &'a ManyOrOne,
    me: Identity,
    writes: bool,
    was_panicking: bool,
}

impl ManyOrOne {
    #[cfg(model)]
    pub(crate) fn zeroes() -> ManyOrOne {
        ManyOrOne { monitor: Monitor::zeroes(), poison: Tag::zeroes() }
    }

    /// Waits until nobody writes or waits to write, and counts a reader.
    pub(crate) fn read(&self, patience: Patience) -> Result<Taken<'_>, NoSeat> {
        let mut inside = self.monitor.enter(patience)?;
        loop {
            let seat = match inside.seat() {
                Err(NoSeat::Full) if self.bury(&inside) => continue,
                seat => seat?,
            };
            if inside.seats().iter().all(|seat| seat.count() & WRITER == 0 && seat.other() == 0) {
                seat.count.store(seat.count() + 1, Release);
                return Ok(self.taken(false));
            }
            if self.bury(&inside) {
                continue;
            }
            if patience.is_over() {
                return Err(NoSeat::NotTaken(NotTaken::Busy));
            }
            inside = inside.sleep(patience, true)?;
        }
    }

    /// Waits until nobody reads or writes, and becomes the writer. Readers that come later wait.
    pub(crate) fn write(&self, patience: Patience) -> Result<Taken<'_>, NoSeat> {
        let mut inside = self.monitor.enter(patience)?;
        let seat = loop {
            match inside.seat() {
                Err(NoSeat::Full) if self.bury(&inside) => {}
                seat => break seat?,
            }
        };
        let mut waits = false;
        loop {
            if inside.seats().iter().all(|seat| seat.count() == 0) {
                seat.count.store(WRITER, Release);
                if waits {
                    seat.other.store(seat.other() - 1, Release); // who waits for that, waits for us now
                }
                return Ok(self.taken(true));
            }
            if self.bury(&inside) {
                continue;
            }
            if patience.is_over() {
                if waits {
                    inside.change(&seat.other, Change::Add(-1));
                }
                return Err(NoSeat::NotTaken(NotTaken::Busy));
            }
            if !waits {
                waits = true;
                seat.other.store(seat.other() + 1, Release);
            }
            inside = match inside.sleep(patience, true) {
                Ok(inside) => inside,
                // Too late, but readers wait until we say that we do not.
                Err(_) => self.monitor.enter(Patience::ForEver)?,
            };
        }
    }

    fn taken(&self, writes: bool) -> Taken<'_> {
        compiler_fence(Ordering::SeqCst);
        Taken { head: self, me: identity::current(), writes, was_panicking: thread::panicking() }
    }

    /// Takes the lock from one that has ended; whether there was one.
    fn bury(&self, inside: &Inside<'_>) -> bool {
        let Some((_, seat)) = inside.dead(|seat| seat.count() != 0 || seat.other() != 0) else { return false };
        if seat.count() & WRITER != 0
            && !self.poison.is_set()
            && let Some(who) = seat.who()
        {
            self.poison.set(who);
        }
        compiler_fence(Ordering::SeqCst);
        inside.change(&seat.count, Change::Set(0));
        inside.change(&seat.other, Change::Set(0));
        inside.vacate(seat);
        true
    }

    pub(crate) fn poison(&self) -> Option<Who> {
        self.poison.get()
    }

    pub(crate) fn clear_poison(&self) {
        self.poison.clear();
    }

    /// Who writes, as far as that can be said.
    pub(crate) fn writer(&self) -> Option<Who> {
        self.monitor.seats().iter().find(|seat| seat.count() & WRITER != 0).and_then(Seat::who)
    }

    /// Who reads.
    pub(crate) fn readers(&self) -> Vec<Who> {
        let reads = |seat: &&Seat| seat.count() != 0 && seat.count() & WRITER == 0;
        self.monitor.seats().iter().filter(reads).filter_map(Seat::who).collect()
    }
}

impl<'a> Taken<'a> {
    pub(crate) fn head(&self) -> &'a ManyOrOne {
        self.head
    }

    /// Whether this is no copy, in a process that its holder has forked.
    #[inline]
    pub(crate) fn is_ours(&self) -> bool {
        self.me == identity::current()
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        if !self.is_ours() {
            return;
        }
        if self.writes && thread::panicking() && !self.was_panicking {
            self.head.poison.set(Who::me().panicked());
        }
        compiler_fence(Ordering::SeqCst);
        // The lock of the monitor is not to be had only for one that stands inside already, in a signal handler.
        let Ok(inside) = self.head.monitor.enter(Patience::ForEver) else { return };
        let Some(seat) = inside.find().map(|index| &inside.seats()[index]) else { return };
        if self.writes {
            inside.change(&seat.count, Change::Set(0));
        } else if inside.seats().iter().map(Seat::count).sum::<u32>() > 1 {
            seat.count.store(seat.count() - 1, Release); // a writer waits for the last one
        } else {
            inside.change(&seat.count, Change::Add(-1));
        }
    }
}
