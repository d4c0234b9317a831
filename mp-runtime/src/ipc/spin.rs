//! Waiting awake, where that is likely to be shorter than falling asleep and being woken.
//!
//! It is when the peer is awake, too. On another core its answer takes some hundred nanoseconds; on the same core it comes when the peer
//! is given way to, in less time than it takes to fall asleep and to be woken. It is not when the peer has gone to sleep, for the
//! kernel mostly wakes it on the core of who wakes it: then each moment that one waits awake there keeps the other from
//! answering.
//!
//! And it may be too eager: who receives one message after the other from a sender on another core, and looks for each of them as
//! soon as it may be there, takes the memory of the ring away from the sender for each. After some such waits it looks less often, and
//! finds several.
//!
//! All this is told apart by what came of it. After a wait in vain a thread sleeps at once, and tries again only while it waits
//! often, and so seldom that all tries together cost a small part of the time, however long the kernel makes one last.
//!
//! What was worth it often may be in vain now and then without being given up: a peer is interrupted by the kernel, or, on a virtual
//! machine, its whole core is. So many waits that were worth it pay for one that was not. Else two that have lost sight of each other so, for
//! a millisecond, would wake each other for each message for some hundred of them.
//!
//! Two that both sleep have to try at once, or neither finds the other awake. So there are tries of two lengths: a long one
//! outlasts the waking of the peer, and is kept up for some waits; in one of these the peer makes a short one, which costs so little
//! that it comes often.

use std::cell::Cell;
use std::hint;
use std::thread;
use std::time::{Duration, Instant};

use crate::shm::roster::Side;

/// The answer of a peer that is awake takes less than this.
const SHORT: Duration = Duration::from_micros(5);

/// And that of one that has to be woken on another core first.
const LONG: Duration = Duration::from_micros(100);

/// Who waits less often than this has no use for being awake. Two that wake each other on different cores for each message wait more
/// often.
const OFTEN: Duration = Duration::from_micros(400);

/// What was in vain is tried again after so many times what it took.
const SELDOM: u32 = 64;

/// After so many waits awake that were worth it, one that lasts is taken for an interruption of the peer.
const PROVEN: u32 = 16;

/// For how many waits a peer that has to be woken for each is waited for awake: until it tries, too.
const KEPT_UP: u32 = 8;

/// So many waits that were worth it pay for one in vain.
const PRICE: u32 = 16;

/// And so many can be saved up.
const SAVINGS: u32 = 32 * PRICE;

/// How often to look before the core is given to others: about a microsecond.
const LOOKS: u32 = 40;

/// What a thread has learnt from its waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Habit {
    /// The last waits awake were worth it, so many in a row; the peer is on another core.
    Awake { worth: u32 },
    /// The last wait awake was over when the core had been given away: the peer is on the same.
    GivingWay,
    /// The last was over when the peer had been woken. It is kept up for some more; all of them took `spent`.
    KeepingUp { left: u32, spent: Duration },
    /// It was in vain. The last wait began at `last`; the next tries are not before `short` and `long`.
    Asleep { last: Instant, short: Instant, long: Instant },
}

impl Habit {
    /// For how long to wait awake, beginning at `now`.
    fn patience(&mut self, now: Instant) -> Option<Duration> {
        match self {
            Habit::Awake { worth: PROVEN.. } | Habit::KeepingUp { .. } => Some(LONG),
            Habit::Awake { .. } | Habit::GivingWay => Some(SHORT),
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

    /// After a wait that began at `start`, ended at `now`, and was worth it.
    fn worth(self, start: Instant, now: Instant, gave_way: bool) -> Habit {
        let took = now.duration_since(start);
        match self {
            _ if gave_way => Habit::GivingWay,
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
struct Experience {
    habit: Habit,
    /// How many waits that were worth it have not paid for one in vain.
    saved: u32,
}

impl Experience {
    const NONE: Experience = Experience { habit: Habit::Awake { worth: 0 }, saved: 0 };

    /// After a wait that began at `start`, ended at `now`, and was worth it; see [`Habit::worth`].
    fn worth(self, start: Instant, now: Instant, gave_way: bool) -> Experience {
        if now.duration_since(start) > LONG {
            return self.in_vain(start, now); // so long has the kernel made it
        }
        Experience { habit: self.habit.worth(start, now, gave_way), saved: (self.saved + 1).min(SAVINGS) }
    }

    /// After a wait that began at `start`, ended at `now`, and was in vain.
    fn in_vain(self, start: Instant, now: Instant) -> Experience {
        match self.habit {
            Habit::Awake { .. } | Habit::GivingWay if self.saved >= PRICE => {
                Experience { saved: self.saved - PRICE, ..self }
            }
            habit => Experience { habit: habit.in_vain(start, now), ..self },
        }
    }
}

thread_local! {
    static EXPERIENCE: Cell<Experience> = const { Cell::new(Experience::NONE) };
    /// How many waits in a row this thread has only received, or only sent.
    static STREAK: Cell<u32> = const { Cell::new(0) };
    /// Whether it has sent, and received, since its last wait.
    static DONE: Cell<[bool; 2]> = const { Cell::new([false; 2]) };
}

/// After so many waits that were all for the same side a thread sends or receives a stream.
const STREAM: u32 = 4;

/// How long to leave the ring alone then: about a microsecond, in which some messages come or go.
const PAUSE: u32 = 40;

/// Notes that this thread has sent or received something.
#[inline]
pub(crate) fn done(side: Side) {
    let mut done = DONE.get();
    done[side as usize] = true;
    DONE.set(done);
}

/// Before a wait of `side`: leaves the ring alone for a moment if it is one of a stream.
fn let_it_come(side: Side) {
    let streak = if DONE.take()[side.other() as usize] { 0 } else { STREAK.get().saturating_add(1) };
    STREAK.set(streak);
    if streak > STREAM {
        (0..PAUSE).for_each(|_| hint::spin_loop());
    }
}

/// [Waits awake](until) for what a channel's `side` needs.
#[inline]
pub(crate) fn until_side(side: Side, mut ready: impl FnMut() -> bool) -> bool {
    if ready() {
        return true;
    }
    let_it_come(side);
    until(ready)
}

/// Waits awake until `ready`, for a moment; whether it is.
#[inline]
pub(crate) fn until(mut ready: impl FnMut() -> bool) -> bool {
    if ready() {
        return true;
    }
    let start = Instant::now();
    let mut experience = EXPERIENCE.get();
    let (ready, experience) = match experience.habit.patience(start) {
        Some(patience) => wait(ready, start, patience, experience),
        None => (false, experience),
    };
    EXPERIENCE.set(experience);
    ready
}

/// Waits awake for at most about `patience`; whether it is ready, and what to do the next time.
fn wait(mut ready: impl FnMut() -> bool, start: Instant, patience: Duration, before: Experience) -> (bool, Experience) {
    let mut gives_way = before.habit == Habit::GivingWay;
    loop {
        if gives_way {
            thread::yield_now();
            if ready() {
                return (true, before.worth(start, Instant::now(), true));
            }
        }
        for _ in 0..LOOKS {
            hint::spin_loop();
            if ready() {
                let now = if gives_way { Instant::now() } else { start };
                return (true, before.worth(start, now, false));
            }
        }
        let now = Instant::now();
        if now.duration_since(start) > patience {
            return (false, before.in_vain(start, now));
        }
        gives_way = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn micros(count: u64) -> Duration {
        Duration::from_micros(count)
    }

    #[test]
    fn a_thread_that_waits_seldom_sleeps_at_once() {
        let begin = Instant::now();
        let mut habit = Habit::GivingWay.in_vain(begin, begin + SHORT);
        for millis in 1..100 {
            assert_eq!(habit.patience(begin + Duration::from_millis(millis)), None);
        }
    }

    #[test]
    fn tries_in_vain_take_a_small_part_of_the_time() {
        let mut now = Instant::now();
        let (begin, mut habit, mut awake) = (now, Habit::GivingWay, Duration::ZERO);
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

    fn poor(habit: Habit) -> Experience {
        Experience { habit, saved: 0 }
    }

    #[test]
    fn a_success_is_remembered_and_one_that_took_long_is_not() {
        let start = Instant::now();
        let mut looks = 0;
        let soon = || {
            looks += 1;
            looks == 2
        };
        let awake = poor(Habit::Awake { worth: 3 });
        let more = Experience { habit: Habit::Awake { worth: 4 }, saved: 1 };
        assert_eq!(wait(soon, start, SHORT, awake), (true, more));
        // Not even the kernel makes it last longer than a second.
        let giving_way = poor(Habit::GivingWay);
        assert_eq!(wait(|| true, start + Duration::from_secs(1), SHORT, giving_way).1.habit, Habit::GivingWay);
        let early = start.checked_sub(Duration::from_secs(1)).expect("the machine has run for a second");
        let asleep = |wait: (bool, Experience)| matches!(wait.1.habit, Habit::Asleep { .. });
        assert!(asleep(wait(|| true, early, SHORT, giving_way)));
        assert!(asleep(wait(|| false, start, SHORT, awake)));
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
    fn an_interruption_is_borne_by_who_has_found_its_peer_awake_often() {
        let now = Instant::now();
        assert_eq!(Habit::Awake { worth: PROVEN - 1 }.patience(now), Some(SHORT));
        assert_eq!(Habit::Awake { worth: PROVEN }.patience(now), Some(LONG));
    }

    /// Two send one message to and fro; how many of the last thousand found the other awake.
    fn awake_of_the_last_thousand(waking: Duration) -> usize {
        let mut now = Instant::now();
        let mut habits = [now, now + LONG * 30].map(|start| Habit::GivingWay.in_vain(start, start + LONG));
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

    #[test]
    fn only_what_goes_one_way_is_a_stream() {
        for _ in 0..=STREAM {
            done(Side::Receive);
            let_it_come(Side::Receive);
        }
        assert_eq!(STREAK.get(), STREAM + 1);
        done(Side::Send);
        let_it_come(Side::Receive);
        assert_eq!(STREAK.get(), 0);
    }
}
