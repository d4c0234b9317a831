//! What a few processes know of each other: a robust lock, a seat for each, and a word to sleep on.
//!
//! `SYNC.md` beside this file has the protocol, and why it holds when a process is killed at any instruction.

use std::time::{Duration, Instant};

use crate::shm::owner::Patience;
use crate::shm::robust::{Held, NotTaken, Robust};
use crate::shm::who::{SEATS, Tag, Who};
use crate::sys::atomic::AtomicU32;
use crate::sys::atomic::Ordering::{Acquire, Relaxed, Release, SeqCst};
use crate::sys::futex::{self, Change};
use crate::sys::identity::{self, Identity};

/// How long a sleeper trusts that those it waits for live, before it looks. The more there are, the longer: a look takes
/// some microseconds for each of them.
const LOOK: Duration = Duration::from_millis(20);

/// How long one that would not wait waits for those inside, of which one may have been stopped.
const BRIEFLY: Duration = Duration::from_millis(100);

#[derive(Debug)]
#[repr(C)]
pub(crate) struct Monitor {
    lock: Robust,
    /// Changes with everything that sleepers wait for. Bit 0: there may be sleepers.
    turn: AtomicU32,
    /// No seat from here on was ever taken.
    used: AtomicU32,
    seats: [Seat; SEATS],
}

/// What one process has to do with the lock. Changed by whoever is inside; what the words mean is up to each lock.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct Seat {
    who: Tag,
    pub(crate) count: AtomicU32,
    pub(crate) other: AtomicU32,
}

/// The monitor with its lock held: for the few instructions that look at the seats or change one.
#[derive(Debug)]
pub(crate) struct Inside<'a> {
    monitor: &'a Monitor,
    me: Identity,
    _held: Held<'a>,
}

/// Why a process cannot come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoSeat {
    NotTaken(NotTaken),
    /// As many processes as there are seats hold the lock or wait for it already.
    Full,
}

impl From<NotTaken> for NoSeat {
    fn from(not_taken: NotTaken) -> NoSeat {
        NoSeat::NotTaken(not_taken)
    }
}

impl Monitor {
    #[cfg(model)]
    pub(crate) fn zeroes() -> Monitor {
        let seat = |_| Seat { who: Tag::zeroes(), count: AtomicU32::new(0), other: AtomicU32::new(0) };
        let [turn, used] = [(); 2].map(|()| AtomicU32::new(0));
        Monitor { lock: Robust::zeroes(), turn, used, seats: std::array::from_fn(seat) }
    }

    pub(crate) fn init(&self) -> nix::Result<()> {
        self.lock.init()
    }

    /// Comes inside. Others are there for microseconds only, unless one of them was stopped or is slow.
    pub(crate) fn enter(&self, patience: Patience) -> Result<Inside<'_>, NotTaken> {
        let mut held = match patience {
            Patience::Until(deadline) => self.lock.lock_until(deadline)?,
            Patience::None => self.lock.lock_until(Instant::now() + BRIEFLY)?,
            Patience::ForEver => self.lock.lock()?,
        };
        // Every change inside is one store, so whatever the dead one left is valid.
        held.settle();
        Ok(Inside { monitor: self, me: identity::current(), _held: held })
    }

    /// The seats that were ever taken. From outside, what is in them may change at any time.
    pub(crate) fn seats(&self) -> &[Seat] {
        let used = self.used.load(Acquire) as usize;
        &self.seats[..used.min(SEATS)]
    }

    /// What a sleeper is to compare with, if it wants to go outside before it sleeps.
    pub(crate) fn turn(&self) -> u32 {
        self.turn.load(SeqCst)
    }

    /// Sleeps, from outside, until the turn is no longer `seen`, or for the time after which it is good to look around.
    /// May return early.
    pub(crate) fn doze(&self, seen: u32, patience: Patience) {
        let look = Instant::now() + LOOK * (1 + self.seats().len() as u32 / 8);
        let until = match patience {
            Patience::Until(deadline) => deadline.min(look),
            Patience::ForEver | Patience::None => look,
        };
        futex::wait(&self.turn, seen, Some(until));
    }

    /// Wakes up to `count` sleepers, from outside.
    pub(crate) fn wake(&self, count: i32) {
        if self.turn.load(SeqCst) & 1 != 0 {
            futex::change_and_wake(&self.turn, Change::Add(2), &self.turn, count);
        }
    }
}

impl Seat {
    /// Whose it is.
    pub(crate) fn who(&self) -> Option<Who> {
        self.who.get()
    }

    pub(crate) fn count(&self) -> u32 {
        self.count.load(Acquire)
    }

    pub(crate) fn other(&self) -> u32 {
        self.other.load(Acquire)
    }
}

impl<'a> Inside<'a> {
    /// The seats that were ever taken.
    pub(crate) fn seats(&self) -> &'a [Seat] {
        self.monitor.seats()
    }

    /// The seat of this process; takes one if it has none. It is its own while one of its words is not 0, or until it goes
    /// outside.
    pub(crate) fn seat(&self) -> Result<&'a Seat, NoSeat> {
        Ok(&self.monitor.seats[self.seat_index()?])
    }

    /// The number of that seat.
    pub(crate) fn seat_index(&self) -> Result<usize, NoSeat> {
        let seats = self.seats();
        if let Some(mine) = self.find() {
            return Ok(mine);
        }
        let free = seats.iter().position(|seat| !seat.who.is_set());
        let fresh = (seats.len() < SEATS).then_some(seats.len());
        // Of one that has nothing to do with the lock at the moment, whether it lives or not: if it comes again, it takes
        // another. Not at a barrier, where each that has been here is expected again: its seat names a round.
        let idle = || seats.iter().position(|seat| seat.count() == 0 && seat.other() == 0);
        let index = free.or(fresh).or_else(idle).ok_or(NoSeat::Full)?;
        let seat = &self.monitor.seats[index];
        seat.who.clear();
        seat.count.store(0, Release);
        seat.other.store(0, Release);
        seat.who.set(Who::me());
        if index >= seats.len() {
            self.monitor.used.store(index as u32 + 1, Release);
        }
        Ok(index)
    }

    /// The number of the seat of this process, if it has one.
    pub(crate) fn find(&self) -> Option<usize> {
        self.seats().iter().position(|seat| seat.who.is(self.me))
    }

    /// Whether a seat is that of this process.
    pub(crate) fn is_mine(&self, seat: &Seat) -> bool {
        seat.who.is(self.me)
    }

    /// The seat of a process that has ended, among those that `matter`; with its number.
    pub(crate) fn dead(&self, matters: impl Fn(&Seat) -> bool) -> Option<(usize, &'a Seat)> {
        let seats = self.seats().iter().enumerate();
        seats.into_iter().find(|(_, seat)| !self.is_mine(seat) && matters(seat) && seat.who.has_ended())
    }

    /// Frees a seat of a process that has ended.
    pub(crate) fn vacate(&self, seat: &Seat) {
        // First: a seat that counts and is nobody's would be found by no look for the dead.
        seat.count.store(0, Release);
        seat.who.clear();
    }

    /// Changes a word that sleepers wait for, and wakes them all. Killed on the way, either nothing has changed or they
    /// are awake.
    pub(crate) fn change(&self, word: &AtomicU32, change: Change) {
        let turn = &self.monitor.turn;
        if turn.load(SeqCst) & 1 == 0 {
            match change {
                Change::Set(to) => word.store(to, Release),
                Change::Add(by) => word.store(word.load(Relaxed).wrapping_add_signed(by), Release),
            }
            return;
        }
        // First, so that one that is about to sleep does not; it will find us inside.
        turn.fetch_add(2, SeqCst);
        futex::change_and_wake(word, change, turn, futex::ALL);
        // Last, for until the change is made there are sleepers.
        turn.fetch_and(!1, SeqCst);
    }

    /// Goes outside to sleep; what the turn was.
    pub(crate) fn leave_to_sleep(self) -> u32 {
        self.monitor.turn.fetch_or(1, SeqCst) | 1
    }

    /// Says that nobody sleeps.
    pub(crate) fn nobody_sleeps(&self) {
        self.monitor.turn.fetch_and(!1, SeqCst);
    }

    /// Goes outside and sleeps, until something has changed or it is time to look who has died, then comes back.
    pub(crate) fn sleep(self, patience: Patience, watchful: bool) -> Result<Inside<'a>, NotTaken> {
        let monitor = self.monitor;
        let seen = self.leave_to_sleep();
        match (watchful, patience) {
            (true, _) => monitor.doze(seen, patience),
            (false, Patience::Until(deadline)) => futex::wait(&monitor.turn, seen, Some(deadline)),
            (false, _) => futex::wait(&monitor.turn, seen, None),
        }
        monitor.enter(patience)
    }
}
