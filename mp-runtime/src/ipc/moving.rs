//! How ends get into a process that is forked: with the arguments of its function.
//!
//! A forked child has a copy of every end, whether it was meant to or not. What the parent then drops as arguments of that
//! child was moved: while it drops them, [`destination`] is the child, and an end goes there instead of being given up.
//! Afterwards the parent says that it is done, in a word that it shares with its children. Until then a child that
//! uses an end waits (see `End::arrive`).

use std::cell::Cell;
use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use crate::ipc::end;
use crate::sys::identity::{self, Identity};
use crate::sys::latest::Latest;
use crate::sys::page::Page;

/// Of this process, for ever: one per fork in a chain of processes, so a few in practice. A copy in another, by a fork that was not ours, is
/// told by its name.
static STATE: Latest<State> = Latest::new();

struct State {
    me: Identity,
    arrival: Option<Arrival>,
    departures: Mutex<Departures>,
}

/// The starts of which the arguments are not dropped yet.
struct Departures {
    next: u64,
    open: BTreeSet<u64>,
    /// Its first word: every start before this one, and this one, is done.
    done: Option<&'static Page>,
}

/// How this process came to be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Arrival {
    pub(crate) parent: Identity,
    number: u64,
    done: &'static Page,
}

impl Arrival {
    /// In the child: notes that this is how it came to be.
    #[cold]
    fn note(self) {
        State::new(identity::current(), Some(self)).put();
    }

    /// Whether the parent has handed over all there is.
    pub(crate) fn is_done(self) -> bool {
        self.done.load(0) >= self.number
    }
}

/// How the calling process came to be, if it is `me` and was started with ends about.
pub(crate) fn arrival(me: Identity) -> Option<Arrival> {
    STATE.get().filter(|state| state.me == me)?.arrival
}

thread_local! {
    static DESTINATION: Cell<Option<Identity>> = const { Cell::new(None) };
}

/// The process whose arguments this thread is dropping.
pub(crate) fn destination() -> Option<Identity> {
    DESTINATION.try_with(Cell::get).ok().flatten()
}

/// A start, from before the fork until the arguments are dropped.
#[derive(Debug)]
pub(crate) struct Departure(Option<Arrival>);

/// Begins a start. Costs nothing in a process without ends.
pub(crate) fn depart() -> Departure {
    if !end::exist() {
        return Departure(None);
    }
    let me = identity::current();
    let state = match STATE.get() {
        Some(state) if state.me == me => state,
        _ => State::new(me, None).put(),
    };
    let mut departures = state.departures();
    if departures.done.is_none() {
        // Without memory nothing can be handed over; the child will say that it was not moved.
        departures.done = Page::new().ok().map(|page| &*Box::leak(Box::new(page)));
    }
    let Some(done) = departures.done else { return Departure(None) };
    departures.next += 1;
    let number = departures.next;
    departures.open.insert(number);
    Departure(Some(Arrival { parent: me, number, done }))
}

impl Departure {
    /// In the child: notes where it comes from.
    #[inline(always)] // see `sys::near`
    pub(crate) fn arrive(&self) {
        if let Some(arrival) = self.0 {
            arrival.note();
        }
    }

    /// In the parent: runs `drop_arguments`; the ends dropped in it go to `child`.
    pub(crate) fn hand_over(self, child: impl FnOnce() -> Option<Identity>, drop_arguments: impl FnOnce()) {
        if self.0.is_none() {
            return drop_arguments(); // no ends among them; and one page less is written to while the child has it, too
        }
        struct Back(Option<Identity>);
        impl Drop for Back {
            fn drop(&mut self) {
                DESTINATION.set(self.0);
            }
        }
        let _back = Back(DESTINATION.replace(child()));
        drop_arguments();
    }
}

impl Drop for Departure {
    /// Says that it is done; also when the start has failed, or an argument has panicked in its drop.
    fn drop(&mut self) {
        let Some(arrival) = self.0 else { return };
        let Some(state) = STATE.get().filter(|state| state.me == arrival.parent) else { return };
        let mut departures = state.departures();
        departures.open.remove(&arrival.number);
        let done = departures.open.first().map_or(departures.next, |first| first - 1);
        arrival.done.store(0, done);
    }
}

impl State {
    fn new(me: Identity, arrival: Option<Arrival>) -> State {
        State { me, arrival, departures: Mutex::new(Departures { next: 0, open: BTreeSet::new(), done: None }) }
    }

    /// Makes it this process's.
    fn put(self) -> &'static State {
        STATE.set(Box::leak(Box::new(self)))
    }

    fn departures(&self) -> std::sync::MutexGuard<'_, Departures> {
        self.departures.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
