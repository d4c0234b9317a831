//! Looking for the end of a child awake, for a moment, before the wait for it sleeps.
//!
//! A process that has little to do has ended before the core that waits for it has fallen asleep and been woken: on two cores, start and
//! join of an empty one take 0.8 times as long with this. Where both are on one core the child runs when its parent gives way, as
//! it would if that slept, and nothing is gained or lost. (Measured, on a virtual machine. The benchmark `spawn` has a row for raw `fork`
//! that is waited for so.)
//!
//! But on a busy machine to give way is to give whole slices away, milliseconds, where one that sleeps is let in at once. And
//! a wait in vain has cost a core's time. So a process learns from its waits whether to be awake: what one in vain has cost is paid for by
//! those that were worth it, and what is not makes them rarer. Who only waits for the long-lived is awake in some 140 of the first
//! 10 000 waits, and in one of 1000 later; who is let in late, in some 20: beside four or eight busy loops on two cores the first thousand
//! starts take 6 to 14 % longer (by hand). A wait with less than 20 ms to go sleeps at once; with more it may be late by one slice.

use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::ipc::spin::LEISURE;

/// For how long a wait is awake. More than it takes to start a process.
const PATIENCE: Duration = Duration::from_micros(400);

/// What a wait in vain adds to the doubt. Each that was worth it takes an eighth off.
const PRICE: u32 = 16;

/// For one that was let in late, so many times that, for each time that it was.
const LATE: u32 = 4;

/// At most so many: whoever was stopped for a minute has not learnt that much.
const MOST: u32 = 32;

/// At least one wait in so many is awake.
const SELDOM: u32 = 1000;

/// What a process has learnt from its waits. Threads that wait at the same time may overlook what another notes.
#[derive(Debug)]
pub(crate) struct Vigil {
    /// By [`PRICE`], how many waits are not awake for one that is.
    doubt: AtomicU32,
    /// How many of these are still to come.
    left_out: AtomicU32,
}

impl Vigil {
    pub(crate) const fn new() -> Vigil {
        Vigil { doubt: AtomicU32::new(0), left_out: AtomicU32::new(0) }
    }

    /// What `look` finds, at once or in a moment. If it finds nothing, it is time to sleep.
    #[inline]
    pub(crate) fn keep<T>(&self, deadline: Option<Instant>, mut look: impl FnMut() -> Option<T>) -> Option<T> {
        let found = look();
        if found.is_some() {
            return found;
        }
        let begin = Instant::now();
        if deadline.is_some_and(|deadline| deadline < begin + LEISURE) || !self.is_due() {
            return None;
        }
        loop {
            thread::yield_now();
            let found = look();
            let took = begin.elapsed();
            if found.is_some() || took > PATIENCE {
                self.note(took);
                return found;
            }
        }
    }

    /// Whether this wait is one to be awake in.
    fn is_due(&self) -> bool {
        let left_out = self.left_out.load(Ordering::Relaxed);
        self.left_out.store(left_out.saturating_sub(1), Ordering::Relaxed);
        left_out == 0
    }

    /// Notes how long a wait was awake: if longer than it should be, in vain.
    fn note(&self, took: Duration) {
        let doubt = self.doubt.load(Ordering::Relaxed);
        let times = (took.as_nanos() / PATIENCE.as_nanos()).min(MOST.into()) as u32;
        let after = match times {
            0 => doubt - doubt.div_ceil(8),
            1 => doubt + PRICE,
            _ => doubt + PRICE * LATE * times,
        };
        let after = after.min(PRICE * (SELDOM - 1));
        self.doubt.store(after, Ordering::Relaxed);
        self.left_out.store(after / PRICE, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of so many waits, how many are awake if each of these takes as long as `took` says.
    fn awake(vigil: &Vigil, waits: u32, took: impl Fn(u32) -> Duration) -> u32 {
        (0..waits).filter(|_| vigil.is_due()).zip(0..).inspect(|(_, number)| vigil.note(took(*number))).count() as u32
    }

    #[test]
    fn who_waits_for_the_short_lived_is_awake_each_time_and_who_waits_for_the_long_lived_seldom() {
        let (short, long, late) = (PATIENCE / 4, PATIENCE + PATIENCE / 100, Duration::from_millis(12));
        assert_eq!(awake(&Vigil::new(), 10_000, |_| short), 10_000);
        // One in twenty that is not is paid for by the others.
        assert!(awake(&Vigil::new(), 10_000, |number| if number % 20 == 0 { long } else { short }) > 9_000);
        let vigil = Vigil::new();
        let of_long = awake(&vigil, 10_000, |_| long);
        assert!((100..200).contains(&of_long), "{of_long}");
        let of_late = awake(&Vigil::new(), 10_000, |_| late);
        assert!((10..25).contains(&of_late), "{of_late}");
        // However long it has been in vain, it is tried; and once that is worth it, soon each time.
        awake(&vigil, 10_000_000, |_| long);
        let of_many = awake(&vigil, 1_000_000, |_| long);
        assert!((900..1100).contains(&of_many), "{of_many}");
        awake(&vigil, 20_000, |_| short);
        assert_eq!(awake(&vigil, 1_000, |_| short), 1_000);
    }

    #[test]
    fn what_ends_soon_is_found_awake_and_what_does_not_is_left_to_sleep() {
        let found_at = |number: u32, deadline: Option<Duration>| {
            let mut looks = 0;
            let look = || {
                looks += 1;
                (looks == number).then_some(())
            };
            let found = Vigil::new().keep(deadline.map(|left| Instant::now() + left), look);
            (found.is_some(), looks)
        };
        assert_eq!(found_at(1, None), (true, 1));
        // Not even if the kernel takes long: it has looked once more.
        assert_eq!(found_at(2, None), (true, 2));
        assert_eq!(found_at(2, Some(Duration::from_secs(60))), (true, 2));
        assert_eq!(found_at(2, Some(LEISURE / 2)), (false, 1));
        let (found, looks) = found_at(u32::MAX, None);
        assert!(!found && looks > 1);
    }

    #[test]
    fn a_core_that_comes_back_late_is_a_wait_in_vain() {
        let late = |vigil: &Vigil| {
            let mut looks = 0;
            vigil.keep(None, || {
                looks += 1;
                let begin = Instant::now();
                while looks == 2 && begin.elapsed() <= PATIENCE {}
                (looks == 2).then_some(())
            })
        };
        let vigil = Vigil::new();
        assert_eq!(late(&vigil), Some(()));
        assert!(vigil.doubt.load(Ordering::Relaxed) >= PRICE); // more if the kernel has made it later still
    }
}
