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
//! How long it waits so is what it has learnt: see [`habit`](crate::ipc::habit). A thread that does not wait awake, but takes turns, gives way
//! once before it sleeps: see [`courtesy`](crate::ipc::courtesy).

use std::cell::Cell;
use std::hint;
use std::thread;
use std::time::{Duration, Instant};

use crate::ipc::courtesy::Courtesy;
use crate::ipc::habit::Experience;
use crate::shm::roster::Side;

/// How often to look before the core is given to others: about a microsecond.
const LOOKS: u32 = 40;

thread_local! {
    static EXPERIENCE: Cell<Experience> = const { Cell::new(Experience::NONE) };
    /// How many waits in a row this thread has only received, or only sent.
    static STREAK: Cell<u32> = const { Cell::new(0) };
    /// Whether it has sent, and received, since its last wait.
    static DONE: Cell<[bool; 2]> = const { Cell::new([false; 2]) };
    /// Whether to give way before it sleeps.
    static COURTESY: Cell<Courtesy> = const { Cell::new(Courtesy::NEW) };
}

/// A wait with less time than this does not give way: beside a few busy processes that takes milliseconds. Beside many it may take longer,
/// and the wait is late by that.
pub(crate) const LEISURE: Duration = Duration::from_millis(20);

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

/// Before a wait of `side`: if it is one of a stream, leaves the ring alone for a moment. Whether this thread takes turns: it has done
/// the other thing since its last wait.
fn let_it_come(side: Side) -> bool {
    let takes_turns = DONE.take()[side.other() as usize];
    let streak = if takes_turns { 0 } else { STREAK.get().saturating_add(1) };
    STREAK.set(streak);
    if streak > STREAM {
        (0..PAUSE).for_each(|_| hint::spin_loop());
    }
    takes_turns
}

/// [Waits awake](until) for what a channel's `side` needs; if that is not the habit, [gives way once](crate::ipc::courtesy), unless
/// `deadline` is near.
#[inline]
pub(crate) fn until_side(side: Side, deadline: Option<Instant>, mut ready: impl FnMut() -> bool) -> bool {
    if ready() {
        return true;
    }
    let takes_turns = let_it_come(side);
    let start = Instant::now();
    match awake(&mut ready, start) {
        Some(ready) => ready,
        None if !takes_turns || deadline.is_some_and(|deadline| deadline < start + LEISURE) => false,
        None => give_way_once(start) && ready(),
    }
}

/// Waits awake until `ready`, for a moment; whether it is.
#[inline]
pub(crate) fn until(mut ready: impl FnMut() -> bool) -> bool {
    ready() || awake(ready, Instant::now()).unwrap_or(false)
}

/// Waits awake from `start`, if that is the habit; whether it is ready.
#[inline]
fn awake(ready: impl FnMut() -> bool, start: Instant) -> Option<bool> {
    let mut experience = EXPERIENCE.get();
    let waited = experience.habit.patience(start).map(|patience| wait(ready, start, patience, experience));
    EXPERIENCE.set(waited.map_or(experience, |(_, after)| after));
    waited.map(|(ready, _)| ready)
}

/// Gives way, unless that took too long lately; whether it has.
fn give_way_once(start: Instant) -> bool {
    let mut courtesy = COURTESY.get();
    let due = courtesy.is_due();
    if due {
        thread::yield_now();
        courtesy.note(start.elapsed());
    }
    COURTESY.set(courtesy);
    due
}

/// Waits awake for at most about `patience`; whether it is ready, and what to do the next time.
fn wait(mut ready: impl FnMut() -> bool, start: Instant, patience: Duration, before: Experience) -> (bool, Experience) {
    let mut gives_way = before.habit.gives_way_at_once();
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
        // Who gives way by habit has to have done so once before it is in vain, however long the looks before took.
        if now.duration_since(start) > patience && (gives_way || !before.habit.is_giving_way()) {
            return (false, before.in_vain(start, now));
        }
        gives_way = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ipc::habit::{Habit, SHORT};

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
        let giving_way = poor(Habit::GivingWay { waits: 1 });
        let still = Habit::GivingWay { waits: 2 };
        assert_eq!(wait(|| true, start + Duration::from_secs(1), SHORT, giving_way).1.habit, still);
        let early = start.checked_sub(Duration::from_secs(1)).expect("the machine has run for a second");
        let asleep = |wait: (bool, Experience)| matches!(wait.1.habit, Habit::Asleep { .. });
        assert!(asleep(wait(|| true, early, SHORT, giving_way)));
        assert!(asleep(wait(|| false, start, SHORT, awake)));
    }

    #[test]
    fn who_gives_way_by_habit_does_so_before_it_is_in_vain() {
        // Its looks are over, and that long ago, before it gives way for the first time.
        let start = Instant::now().checked_sub(Duration::from_secs(1)).expect("the machine has run for a second");
        let mut looks = 0;
        let after_looks = || {
            looks += 1;
            looks > LOOKS
        };
        assert!(wait(after_looks, start, SHORT, poor(Habit::GivingWay { waits: 0 })).0);
        assert!(!wait(|| false, start, SHORT, poor(Habit::GivingWay { waits: 0 })).0);
    }

    #[test]
    fn only_what_goes_one_way_is_a_stream() {
        for _ in 0..=STREAM {
            done(Side::Receive);
            assert!(!let_it_come(Side::Receive));
        }
        assert_eq!(STREAK.get(), STREAM + 1);
        done(Side::Send);
        assert!(let_it_come(Side::Receive));
        assert_eq!(STREAK.get(), 0);
    }

    #[test]
    fn who_sleeps_by_habit_gives_way_once_if_it_takes_turns_and_has_the_time() {
        let far = Instant::now() + Duration::from_secs(60);
        let asleep = Habit::Asleep { last: Instant::now(), short: far, long: far };
        let after = |courtesy: Courtesy, takes_turns: bool, left: Option<Duration>| {
            EXPERIENCE.set(poor(asleep));
            COURTESY.set(courtesy);
            if takes_turns {
                done(Side::Send);
            }
            let mut looks = 0;
            let ready = || {
                looks += 1;
                false
            };
            assert!(!until_side(Side::Receive, left.map(|left| Instant::now() + left), ready));
            looks
        };
        let looks = |takes_turns, left| after(Courtesy::NEW, takes_turns, left);
        assert_eq!([looks(true, None), looks(false, None)], [2, 1]);
        let hour = Duration::from_secs(3600);
        assert_eq!([Duration::ZERO, LEISURE / 2, hour].map(|left| looks(true, Some(left))), [1, 1, 2]);
        let mut late = Courtesy::NEW;
        late.note(Duration::from_secs(1));
        assert_eq!(after(late, true, None), 1);
    }
}
