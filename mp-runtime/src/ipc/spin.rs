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

/// How often to look before the core is given to others: about a microsecond.
const LOOKS: u32 = 40;

/// What a thread has learnt from its waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Habit {
    /// The last wait awake was worth it; the peer is on another core.
    Awake,
    /// The last wait awake was over when the core had been given away: the peer is on the same.
    GivingWay,
    /// It was in vain. The last wait began at `last`; the next try is not before `next`.
    Asleep { last: Instant, next: Instant },
}

impl Habit {
    /// For how long to wait awake, beginning at `now`.
    fn patience(&mut self, now: Instant) -> Option<Duration> {
        match self {
            Habit::Awake | Habit::GivingWay => Some(SHORT),
            Habit::Asleep { last, next } => {
                let often = now.duration_since(*last) < OFTEN;
                *last = now;
                (often && now >= *next).then_some(LONG)
            }
        }
    }

    /// After a wait that began at `start`, ended at `now`, and was in vain: or might as well have been, so long has the kernel made it.
    fn in_vain(start: Instant, now: Instant) -> Habit {
        Habit::Asleep { last: start, next: now + now.duration_since(start) * SELDOM }
    }
}

thread_local! {
    static HABIT: Cell<Habit> = const { Cell::new(Habit::Awake) };
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
    let mut habit = HABIT.get();
    let patience = habit.patience(start);
    let (ready, habit) = match patience {
        Some(patience) => wait(ready, start, patience, habit),
        None => (false, habit),
    };
    HABIT.set(habit);
    ready
}

/// Waits awake for at most about `patience`; whether it is ready, and what to do the next time.
fn wait(mut ready: impl FnMut() -> bool, start: Instant, patience: Duration, habit: Habit) -> (bool, Habit) {
    let worth = |habit| {
        let now = Instant::now();
        if now.duration_since(start) <= LONG { habit } else { Habit::in_vain(start, now) }
    };
    let mut gives_way = habit == Habit::GivingWay;
    loop {
        if gives_way {
            thread::yield_now();
            if ready() {
                return (true, worth(Habit::GivingWay));
            }
        }
        for _ in 0..LOOKS {
            hint::spin_loop();
            if ready() {
                return (true, if gives_way { worth(Habit::Awake) } else { Habit::Awake });
            }
        }
        let now = Instant::now();
        if now.duration_since(start) > patience {
            return (false, Habit::in_vain(start, now));
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
        let mut habit = Habit::in_vain(begin, begin + SHORT);
        for millis in 1..100 {
            assert_eq!(habit.patience(begin + Duration::from_millis(millis)), None);
        }
    }

    #[test]
    fn tries_in_vain_take_a_small_part_of_the_time() {
        let mut now = Instant::now();
        let (begin, mut habit, mut awake) = (now, Habit::Awake, Duration::ZERO);
        for _ in 0..100_000 {
            // The kernel makes some last long.
            if let Some(patience) = habit.patience(now) {
                let took = patience * if awake.as_micros() % 2 == 0 { 1 } else { 30 };
                habit = Habit::in_vain(now, now + took);
                now += took;
                awake += took;
            }
            now += micros(20);
        }
        let share = awake.as_secs_f64() / (now - begin).as_secs_f64();
        assert!(awake > 10 * LONG && share < 1.2 / f64::from(SELDOM), "{share}");
    }

    #[test]
    fn a_success_is_remembered_and_one_that_took_long_is_not() {
        let start = Instant::now();
        let mut looks = 0;
        let soon = || {
            looks += 1;
            looks == 2
        };
        assert_eq!(wait(soon, start, SHORT, Habit::Awake), (true, Habit::Awake));
        // Not even the kernel makes it last longer than a second.
        assert_eq!(wait(|| true, start + Duration::from_secs(1), SHORT, Habit::GivingWay).1, Habit::GivingWay);
        let early = start.checked_sub(Duration::from_secs(1)).expect("the machine has run for a second");
        assert!(matches!(wait(|| true, early, SHORT, Habit::GivingWay), (true, Habit::Asleep { .. })));
        assert!(matches!(wait(|| false, start, SHORT, Habit::Awake), (false, Habit::Asleep { .. })));
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
