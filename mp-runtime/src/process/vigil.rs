//! Looking for the end of a child awake, for a moment, before the wait for it sleeps.
//!
//! A process that has little to do has ended before the core that waits for it has fallen asleep and been woken: on two cores, start and
//! join of an empty one take 0.8 times as long with this. Where both are on one core the child runs when its parent gives way, as
//! it would if that slept, and nothing is gained or lost. (Measured, on a virtual machine. The benchmark `spawn` has a row for raw `fork`
//! that is waited for so.)
//!
//! Whether to do it is what a process learns from its waits. One in vain has cost up to [`PATIENCE`] of a core's time; so many that were
//! worth it pay for it, and each one more makes them rarer: of 10 000 waits for long-lived processes, some 140 are awake. A wait that was
//! given its core back late counts as in vain, for one that sleeps is let in at once.

use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::ipc::spin::LEISURE;

/// For how long a wait is awake. More than it takes to start a process.
const PATIENCE: Duration = Duration::from_micros(400);

/// So many waits that were worth it pay for one in vain.
const PRICE: u32 = 16;

/// At least one wait in so many is awake.
const SELDOM: u32 = 1000;

/// What a process has learnt from its waits. Threads that wait at the same time may overlook what another notes.
#[derive(Debug)]
pub(crate) struct Vigil {
    /// How many have to be worth it before every wait is awake again.
    doubt: AtomicU32,
    /// How many are not, before the next that is.
    left_out: AtomicU32,
}

impl Vigil {
    pub(crate) const fn new() -> Vigil {
        Vigil { doubt: AtomicU32::new(0), left_out: AtomicU32::new(0) }
    }

    /// What `look` finds, at once or in a moment. If it finds nothing, it is time to sleep.
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
            let lasts = begin.elapsed() <= PATIENCE;
            if found.is_some() || !lasts {
                self.note(found.is_some() && lasts);
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

    /// Notes what came of a wait that was awake.
    fn note(&self, worth: bool) {
        let doubt = self.doubt.load(Ordering::Relaxed);
        let after = if worth { doubt.saturating_sub(1) } else { (doubt + PRICE).min(PRICE * (SELDOM - 1)) };
        self.doubt.store(after, Ordering::Relaxed);
        self.left_out.store(after / PRICE, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of so many waits, how many are awake if each of these is worth it as `worth` says.
    fn awake(vigil: &Vigil, waits: u32, worth: impl Fn(u32) -> bool) -> u32 {
        (0..waits).filter(|_| vigil.is_due()).zip(0..).inspect(|(_, number)| vigil.note(worth(*number))).count() as u32
    }

    #[test]
    fn who_waits_for_the_short_lived_looks_each_time_and_who_waits_for_the_long_lived_seldom() {
        assert_eq!(awake(&Vigil::new(), 10_000, |_| true), 10_000);
        // One in twenty that is not is paid for by the others; one in two is not.
        assert!(awake(&Vigil::new(), 10_000, |number| number % 20 != 0) > 9_400);
        assert!(awake(&Vigil::new(), 10_000, |number| number % 2 != 0) < 300);
        let vigil = Vigil::new();
        let of_long = awake(&vigil, 10_000, |_| false);
        assert!((100..200).contains(&of_long), "{of_long}");
        // However long it has been in vain, it is tried.
        awake(&vigil, 10_000_000, |_| false);
        let of_many = awake(&vigil, 1_000_000, |_| false);
        assert!((900..1100).contains(&of_many), "{of_many}");
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
        assert_eq!(vigil.doubt.load(Ordering::Relaxed), PRICE);
    }
}
