//! A place where so many threads wait for each other, on a monitor.
//!
//! A seat counts the threads of its process that have arrived (`count`), in the round that its other word names. The
//! round goes on by one store, that of the last to arrive, which wakes the others in the same system call.

use std::ffi::CStr;

use crate::shm::head::Head;
use crate::shm::monitor::{Inside, Monitor, NoSeat, Seat};
use crate::shm::owner::Patience;
use crate::shm::robust::NotTaken;
use crate::shm::who::{Tag, Who};
use crate::sys::atomic::Ordering::{Acquire, Release};
use crate::sys::atomic::{AtomicU32, AtomicU64};
use crate::sys::futex::Change;

#[derive(Debug)]
#[repr(C)]
pub(crate) struct Rendezvous {
    monitor: Monitor,
    parties: AtomicU32,
    round: AtomicU32,
    /// 1: this round has failed, and so do all that come, until a reset.
    broken: AtomicU32,
    /// Bit `round % 64`: that round has failed. For waiters that come to look after it.
    failed: AtomicU64,
    /// Whose death broke it, if it was one.
    culprit: Tag,
}

// SAFETY: a robust lock and atomics; zeroes are what they begin with; 8 bytes of alignment.
unsafe impl Head for Rendezvous {
    const NAME: &'static CStr = c"mp-barrier";

    fn init(&self) -> nix::Result<()> {
        self.monitor.init()
    }
}

/// Why a wait has failed.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Failed {
    /// The calling thread's time was over, which has broken it for the others.
    Late,
    /// It is broken; by the death of a process, or for another reason.
    Broken(Option<Who>),
    NoSeat(NoSeat),
}

impl From<NotTaken> for Failed {
    fn from(not_taken: NotTaken) -> Failed {
        match not_taken {
            NotTaken::Busy => Failed::Late,
            other => Failed::NoSeat(NoSeat::NotTaken(other)),
        }
    }
}

impl From<NoSeat> for Failed {
    fn from(no_seat: NoSeat) -> Failed {
        Failed::NoSeat(no_seat)
    }
}

impl Rendezvous {
    #[cfg(model)]
    pub(crate) fn zeroes() -> Rendezvous {
        let [parties, round, broken] = [(); 3].map(|()| AtomicU32::new(0));
        let (failed, culprit) = (AtomicU64::new(0), Tag::zeroes());
        Rendezvous { monitor: Monitor::zeroes(), parties, round, broken, failed, culprit }
    }

    /// Sets the number of threads, before anybody else knows of it.
    pub(crate) fn begin(&self, parties: u32) {
        self.parties.store(parties.max(1), Release);
        self.round.store(1, Release);
    }

    /// Waits for the others; `true` for the last one.
    pub(crate) fn wait(&self, patience: Patience) -> Result<bool, Failed> {
        let mut inside = self.monitor.enter(patience)?;
        if self.is_broken() {
            return Err(Failed::Broken(self.culprit.get()));
        }
        let round = self.round();
        if inside.find().is_none() {
            self.make_room(&inside);
        }
        let seat = inside.seat()?;
        self.arrive(seat, round);
        if self.arrived(&inside) >= self.parties() {
            if let Some((_, seat)) = inside.dead(|seat| self.has_arrived(seat)) {
                return Err(self.break_by(&inside, seat.who()));
            }
            self.note(round, false);
            inside.change(&self.round, Change::Add(1));
            return Ok(true);
        }
        loop {
            inside = match inside.sleep(patience, true) {
                Ok(inside) => inside,
                // Too late, but the others have to be told.
                Err(_) => self.monitor.enter(Patience::ForEver)?,
            };
            if self.round() != round {
                return if self.has_failed(round) { Err(Failed::Broken(None)) } else { Ok(false) };
            }
            if self.is_broken() {
                return Err(Failed::Broken(self.culprit.get()));
            }
            // Who has been here before is waited for, arrived or not.
            if let Some((_, seat)) = inside.dead(|_| true) {
                return Err(self.break_by(&inside, seat.who()));
            }
            if patience.is_over() {
                self.break_by(&inside, None);
                return Err(Failed::Late);
            }
        }
    }

    /// Breaks it for those that wait and all that come.
    pub(crate) fn abort(&self) -> Result<(), NotTaken> {
        let inside = self.monitor.enter(Patience::ForEver)?;
        self.break_by(&inside, None);
        Ok(())
    }

    /// Makes it as new; those that wait are told that it broke.
    pub(crate) fn reset(&self) -> Result<(), NotTaken> {
        let inside = self.monitor.enter(Patience::ForEver)?;
        // First: the dead are forgotten only when nobody waits any more who might wait for them.
        self.note(self.round(), true);
        inside.change(&self.round, Change::Add(1));
        while let Some((_, seat)) = inside.dead(|_| true) {
            inside.vacate(seat);
        }
        // Last: killed before, it is broken still, or one that has ended breaks it; one more reset mends it.
        self.broken.store(0, Release);
        self.culprit.clear();
        Ok(())
    }

    /// A newcomer takes the place of those that died, if nobody waits for these.
    fn make_room(&self, inside: &Inside<'_>) {
        if self.arrived(inside) == 0 {
            while let Some((_, seat)) = inside.dead(|_| true) {
                inside.vacate(seat);
            }
        }
    }

    fn arrive(&self, seat: &Seat, round: u32) {
        if seat.other() != round {
            seat.count.store(0, Release);
            seat.other.store(round, Release);
        }
        seat.count.store(seat.count() + 1, Release);
    }

    fn has_arrived(&self, seat: &Seat) -> bool {
        seat.other() == self.round() && seat.count() != 0
    }

    fn arrived(&self, inside: &Inside<'_>) -> u32 {
        inside.seats().iter().filter(|seat| self.has_arrived(seat)).map(Seat::count).sum()
    }

    fn break_by(&self, inside: &Inside<'_>, culprit: Option<Who>) -> Failed {
        if !self.is_broken() {
            self.culprit.clear();
            if let Some(culprit) = culprit {
                self.culprit.set(culprit);
            }
            inside.change(&self.broken, Change::Set(1));
        }
        Failed::Broken(self.culprit.get())
    }

    /// Notes how a round has ended, before it is seen to have.
    fn note(&self, round: u32, failed: bool) {
        let (bit, before) = (1 << (round % 64), self.failed.load(Acquire));
        self.failed.store(if failed { before | bit } else { before & !bit }, Release);
    }

    fn has_failed(&self, round: u32) -> bool {
        self.failed.load(Acquire) & 1 << (round % 64) != 0
    }

    fn round(&self) -> u32 {
        self.round.load(Acquire)
    }

    pub(crate) fn is_broken(&self) -> bool {
        self.broken.load(Acquire) != 0
    }

    pub(crate) fn parties(&self) -> u32 {
        self.parties.load(Acquire)
    }

    /// Who has arrived, as far as that can be said.
    pub(crate) fn waiting(&self) -> Vec<Who> {
        self.monitor.seats().iter().filter(|seat| self.has_arrived(seat)).filter_map(Seat::who).collect()
    }
}
