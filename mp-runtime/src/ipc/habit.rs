//! What a thread learns from its waits: for how long to be [awake](crate::ipc::spin) the next time.
//!
//! Whether the peer is awake, and on which core, is told by what came of earlier waits. After a wait in vain a thread no longer waits awake, but for a try now
//! and then: only while it waits often, and so seldom that all tries together cost a small part of the time, however long the kernel makes one last.
//!
//! What was worth it often may be in vain now and then without being given up: a peer is interrupted by the kernel, or, on a virtual
//! machine, its whole core is. So many waits that were worth it pay for one that was not. Else two that have lost sight of each other so, for
//! a millisecond, would wake each other for each message for some hundred of them.
//!
//! Two that both sleep have to try at once, or neither finds the other awake. So there are tries of two lengths: a long one
//! outlasts the waking of the peer, and is kept up for some waits; in one of these the peer makes a short one, which costs so little
//! that it comes often.

use std::time::{Duration, Instant};

/// The answer of a peer that is awake takes less than this.
pub(super) const SHORT: Duration = Duration::from_micros(5);

/// And that of one that has to be woken on another core first.
pub(super) const LONG: Duration = Duration::from_micros(100);

/// Who waits less often than this has no use for being awake. Two that wake each other on different cores for each message wait more
/// often.
const OFTEN: Duration = Duration::from_micros(400);

/// What was in vain is tried again after so many times what it took.
const SELDOM: u32 = 64;

/// After so many waits awake that were worth it, one that lasts is taken for an interruption of the peer.
const PROVEN: u32 = 16;

/// One of so many waits that give way looks before it does. For if the peer is on another core after all, its answer comes while this
/// thread gives way, in vain, and that looks as if it had come by it.
const LOOKING: u32 = 16;

/// For how many waits a peer that has to be woken for each is waited for awake: until it tries, too.
const KEPT_UP: u32 = 8;

/// So many waits that were worth it pay for one in vain.
const PRICE: u32 = 16;

/// And so many can be saved up.
const SAVINGS: u32 = 32 * PRICE;

/// What a thread has learnt from its waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Habit {
    /// The last waits awake were worth it, so many in a row; the peer is on another core.
    Awake { worth: u32 },
    /// The last wait awake was over when the core had been given away: the peer is on the same. `waits` counts those since then, for [`LOOKING`].
    GivingWay { waits: u32 },
    /// The last was over when the peer had been woken. It is kept up for some more; all of them took `spent`.
    KeepingUp { left: u32, spent: Duration },
    /// It was in vain. The last wait began at `last`; the next tries are not before `short` and `long`.
    Asleep { last: Instant, short: Instant, long: Instant },
}

impl Habit {
    /// For how long to wait awake, beginning at `now`.
    pub(super) fn patience(&mut self, now: Instant) -> Option<Duration> {
        match self {
            Habit::Awake { worth: PROVEN.. } | Habit::KeepingUp { .. } => Some(LONG),
            Habit::Awake { .. } | Habit::GivingWay { .. } => Some(SHORT),
            Habit::Asleep { last, short, long } => {
                let often = now.duration_since(*last) < OFTEN;
                *last = now;
                match () {
                    () if !often => None,
                    () if now >= *long => Some(LONG),
                    () if now >= *short => Some(SHORT),
                    () => None,
                }
            }
        }
    }

    pub(super) fn is_giving_way(self) -> bool {
        matches!(self, Habit::GivingWay { .. })
    }

    /// Whether to give way before the first look.
    pub(super) fn gives_way_at_once(self) -> bool {
        matches!(self, Habit::GivingWay { waits } if !waits.is_multiple_of(LOOKING))
    }

    /// After a wait that began at `start`, ended at `now`, and was worth it.
    fn worth(self, start: Instant, now: Instant, gave_way: bool) -> Habit {
        let took = now.duration_since(start);
        match self {
            Habit::GivingWay { waits } if gave_way => Habit::GivingWay { waits: waits.wrapping_add(1) },
            _ if gave_way => Habit::GivingWay { waits: 0 },
            Habit::Awake { worth } => Habit::Awake { worth: worth.saturating_add(1) },
            _ if took <= SHORT => Habit::Awake { worth: 1 },
            Habit::KeepingUp { left: 0, .. } => self.in_vain(start, now),
            Habit::KeepingUp { left, spent } => Habit::KeepingUp { left: left - 1, spent: spent + took },
            _ => Habit::KeepingUp { left: KEPT_UP, spent: took },
        }
    }

    /// After a wait that began at `start`, ended at `now`, and was in vain.
    fn in_vain(self, start: Instant, now: Instant) -> Habit {
        let took = now.duration_since(start);
        let next = now + took * SELDOM;
        let long = match self {
            Habit::KeepingUp { spent, .. } => next + spent * SELDOM,
            // A short try says nothing of a long one.
            Habit::Asleep { long, .. } if took < LONG => long,
            _ => next,
        };
        Habit::Asleep { last: start, short: next, long }
    }
}

/// A habit, and what may be spent to keep it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Experience {
    pub(super) habit: Habit,
    /// How many waits that were worth it have not paid for one in vain.
    pub(super) saved: u32,
}

impl Experience {
    pub(super) const NONE: Experience = Experience { habit: Habit::Awake { worth: 0 }, saved: 0 };

    /// After a wait that began at `start`, ended at `now`, and was worth it; see [`Habit::worth`].
    pub(super) fn worth(self, start: Instant, now: Instant, gave_way: bool) -> Experience {
        if now.duration_since(start) > LONG {
            return self.in_vain(start, now); // so long has the kernel made it
        }
        Experience { habit: self.habit.worth(start, now, gave_way), saved: (self.saved + 1).min(SAVINGS) }
    }

    /// After a wait that began at `start`, ended at `now`, and was in vain.
    pub(super) fn in_vain(self, start: Instant, now: Instant) -> Experience {
        match self.habit {
            Habit::Awake { .. } if self.saved >= PRICE => Experience { saved: self.saved - PRICE, ..self },
            Habit::GivingWay { waits } if self.saved >= PRICE => {
                Experience { saved: self.saved - PRICE, habit: Habit::GivingWay { waits: waits.wrapping_add(1) } }
            }
            habit => Experience { habit: habit.in_vain(start, now), ..self },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn micros(count: u64) -> Duration {
        Duration::from_micros(count)
    }

    #[test]
    fn a_thread_that_waits_seldom_does_not_wait_awake() {
        let begin = Instant::now();
        let mut habit = Habit::GivingWay { waits: 0 }.in_vain(begin, begin + SHORT);
        for millis in 1..100 {
            assert_eq!(habit.patience(begin + Duration::from_millis(millis)), None);
        }
    }

    #[test]
    fn tries_in_vain_take_a_small_part_of_the_time() {
        let mut now = Instant::now();
        let (begin, mut habit, mut awake) = (now, Habit::GivingWay { waits: 0 }, Duration::ZERO);
        for _ in 0..100_000 {
            // The kernel makes some last long.
            if let Some(patience) = habit.patience(now) {
                let took = patience * if awake.as_micros() % 2 == 0 { 1 } else { 30 };
                habit = habit.in_vain(now, now + took);
                now += took;
                awake += took;
            }
            now += micros(20);
        }
        let share = awake.as_secs_f64() / (now - begin).as_secs_f64();
        assert!(awake > 10 * LONG && share < 2.4 / f64::from(SELDOM), "{share}");
    }

    #[test]
    fn what_was_worth_it_often_is_kept_up_in_vain_for_a_while_and_not_for_ever() {
        let start = Instant::now();
        let mut experience = Experience::NONE;
        (0..100 * SAVINGS).for_each(|_| experience = experience.worth(start, start + SHORT / 10, false));
        for _ in 0..SAVINGS / PRICE {
            experience = experience.in_vain(start, start + LONG);
            assert_eq!(experience.habit.patience(start + LONG), Some(LONG));
        }
        experience = experience.in_vain(start, start + LONG);
        assert_eq!(experience.habit.patience(start + LONG), None);
    }

    #[test]
    fn a_thread_that_gives_way_looks_first_now_and_then() {
        let now = Instant::now();
        let (mut habit, mut looked) = (Habit::Awake { worth: 0 }.worth(now, now, true), 0);
        for _ in 0..100 * LOOKING {
            looked += u32::from(!habit.gives_way_at_once());
            habit = habit.worth(now, now, true);
        }
        assert_eq!(looked, 100);
        assert_eq!(habit.worth(now, now, false), Habit::Awake { worth: 1 });
    }

    #[test]
    fn an_interruption_is_borne_by_who_has_found_its_peer_awake_often() {
        let now = Instant::now();
        assert_eq!(Habit::Awake { worth: PROVEN - 1 }.patience(now), Some(SHORT));
        assert_eq!(Habit::Awake { worth: PROVEN }.patience(now), Some(LONG));
    }

    /// Two send one message to and fro; how many of the last thousand found the other awake.
    fn awake_of_the_last_thousand(waking: Duration) -> usize {
        let mut now = Instant::now();
        let mut habits = [now, now + LONG * 30].map(|start| Habit::GivingWay { waits: 0 }.in_vain(start, start + LONG));
        let mut waits = [(now, None); 2];
        let mut found = Vec::new();
        for receiver in [0, 1].into_iter().cycle().take(5000) {
            // The message has just been sent. Since when does its receiver wait, and is it awake still?
            let (start, patience) = waits[receiver];
            let habit = &mut habits[receiver];
            let is_awake = patience.is_some_and(|patience| now.duration_since(start) <= patience);
            match patience {
                Some(_) if is_awake => *habit = habit.worth(start, now, false),
                Some(patience) => *habit = habit.in_vain(start, start + patience),
                None => {}
            }
            found.push(is_awake);
            now += if is_awake { Duration::from_nanos(300) } else { waking };
            waits[receiver] = (now, habit.patience(now));
        }
        found.iter().rev().take(1000).filter(|found| **found).count()
    }

    #[test]
    fn two_that_sleep_find_each_other_awake_if_to_be_woken_takes_less_than_a_try() {
        assert_eq!(awake_of_the_last_thousand(micros(50)), 1000);
        assert!(awake_of_the_last_thousand(micros(350)) < 50);
    }
}
