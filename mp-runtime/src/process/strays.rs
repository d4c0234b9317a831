//! Processes that nobody waits for any more: what processes have forked off, and left to the program by ending.
//!
//! A program made by `mp_main!` adopts them, so that they do not outlive it: whoever has left its parent, its group and
//! its session is still found here. A child of the program that shares its process group is the user's own, started by
//! `Command`, say, and is left to him. And so is one that was started detached, whoever has started it: it bears a mark; and
//! one that was there before the program attended to its signals, as a job of the shell that has become it by `exec`.
//! One that leads a group in the session of the program may be the user's or left behind: he may wait for it while
//! the program lives, and it is stopped at the end.

use std::os::fd::AsFd;
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::Duration;

use nix::errno::Errno;

use crate::sys::adopted::{self, Look};
use crate::sys::{direct, mark};

/// How long strays may take to end after SIGTERM, together.
const GRACE: Duration = Duration::from_secs(2);
/// How long they may take after SIGKILL.
const UNKILLABLE: Duration = Duration::from_secs(2);

/// The children that are no strays, as those that were there before, by their ids: they are the user's, and nobody has these ids before he has waited for them.
static BEFORE: [AtomicI32; 64] = [const { AtomicI32::new(0) }; 64];

/// Notes which children there are that are no strays. More than there is room for may be taken for strays.
pub(crate) fn note_others() {
    BEFORE.iter().for_each(|place| place.store(0, Ordering::Relaxed));
    let mut places = BEFORE.iter();
    adopted::children(|id| places.by_ref().take(1).for_each(|place| place.store(id, Ordering::Relaxed)));
}

/// Notes a child that could not be ended: it is none that was left behind, and nobody has its id before it is waited for.
pub(crate) fn give_up(id: i32) {
    let free = |place: &&AtomicI32| place.compare_exchange(0, id, Ordering::Relaxed, Ordering::Relaxed).is_ok();
    BEFORE.iter().find(free);
}

fn was_before(id: i32) -> bool {
    BEFORE.iter().any(|place| place.load(Ordering::Relaxed) == id)
}

/// Reaps strays that have ended. `is_known` tells the children that somebody waits for.
pub(crate) fn reap_dead(is_known: impl Fn(i32) -> bool) {
    if adopted::some_child(Look::Dead) {
        let (own, session) = (adopted::group(0), adopted::session(0));
        let may_be_awaited = |group, id| group == own || (group == id && adopted::session(id) == session);
        adopted::children(|id| {
            if !is_known(id) && !was_before(id) && !may_be_awaited(adopted::group(id), id) {
                adopted::reap(id);
            }
        });
    }
}

/// Stops and reaps all strays: SIGTERM and SIGCONT, a grace for all of them, SIGKILL. When nobody waits for any child.
///
/// Allocates nothing, for it is called by signal handlers, too. `hurried` tells whether the grace is over early; `found` is
/// called once for each of the first [`Told::MOST`] of them.
pub(crate) fn stop(hurried: impl Fn() -> bool, mut found: impl FnMut(i32)) {
    let own = adopted::group(0);
    let begin = direct::now();
    let mut told = Told { ids: [0; Told::MOST], count: 0 };
    // To kill one may bring its children here, and so on.
    while adopted::some_child(Look::Any) {
        let passed = direct::now() - begin;
        let kill = passed > GRACE || hurried();
        let (mut left, mut reaped) = (None, false);
        adopted::children(|id| {
            if was_before(id) || adopted::group(id) == own {
                return;
            }
            if adopted::reap(id) {
                reaped = true;
                return;
            }
            let Some(pidfd) = adopted::open(id) else { return };
            // One that takes no signal from us, for one of us has changed its user, is not worth the wait.
            let is_out_of_reach = direct::send_to(pidfd.as_fd(), 0, false) == Err(Errno::EPERM);
            if is_out_of_reach || mark::is_marked(pidfd.as_fd(), id) {
                return;
            }
            if told.add(id) {
                found(id);
                let _ = direct::send_to(pidfd.as_fd(), libc::SIGTERM, false);
                let _ = direct::send_to(pidfd.as_fd(), libc::SIGCONT, false);
            }
            if kill {
                let _ = direct::send_to(pidfd.as_fd(), libc::SIGKILL, true);
            }
            left = Some(pidfd);
        });
        match left {
            _ if passed > GRACE + UNKILLABLE => return,
            Some(one) => drop(direct::has_ended(one.as_fd(), Duration::from_millis(20))),
            // A long list is read in parts, and whoever is reaped moves those to come into the part that has been read.
            None if reaped => {}
            None => return,
        }
    }
}

/// Who has been told to end.
struct Told {
    ids: [i32; Told::MOST],
    count: usize,
}

impl Told {
    const MOST: usize = 256;

    /// Whether `id` is new. Those that there is no room for are all old; SIGKILL finds them.
    fn add(&mut self, id: i32) -> bool {
        if self.count == Told::MOST || self.ids[..self.count].contains(&id) {
            return false;
        }
        self.ids[self.count] = id;
        self.count += 1;
        true
    }
}
