//! The robust mutex, as POSIX says it is.

use std::sync::Arc;
use std::time::Instant;

use loom::sync::{Condvar, Mutex};

use crate::world::{self, step};

#[derive(Debug)]
pub(crate) struct Robust(Arc<Inner>);

#[derive(Debug)]
pub(crate) struct Inner {
    state: Mutex<State>,
    freed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// 0 for nobody.
    owner: u64,
    orphaned: bool,
}

#[derive(Debug)]
pub(crate) struct Held<'a> {
    lock: &'a Robust,
    pub(crate) orphaned: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotTaken {
    Busy,
    Deadlock,
    TooMany,
    Os(i32),
}

pub(crate) fn has_room() -> bool {
    true
}

impl Inner {
    pub(crate) fn release(&self, orphaned: bool) {
        let mut state = self.state.lock().expect("nobody panics with it");
        *state = State { owner: 0, orphaned };
        drop(state);
        self.freed.notify_all();
    }
}

impl Robust {
    pub(crate) fn zeroes() -> Robust {
        Robust(Arc::new(Inner { state: Mutex::new(State::default()), freed: Condvar::new() }))
    }

    pub(crate) fn init(&self) -> nix::Result<()> {
        Ok(())
    }

    pub(crate) fn lock(&self) -> Result<Held<'_>, NotTaken> {
        if world::is_dead() {
            return Err(NotTaken::Os(0)); // what unwinds is not there in truth
        }
        step();
        let mut state = self.0.state.lock().expect("nobody panics with it");
        while state.owner != 0 {
            if state.owner == world::me() {
                return Err(NotTaken::Deadlock);
            }
            state = self.0.freed.wait(state).expect("nobody panics with it");
        }
        state.owner = world::me();
        let held = Held { lock: self, orphaned: state.orphaned };
        drop(state);
        world::holds(&self.0);
        Ok(held)
    }

    pub(crate) fn try_lock(&self) -> Result<Held<'_>, NotTaken> {
        self.lock()
    }

    pub(crate) fn lock_until(&self, _: Instant) -> Result<Held<'_>, NotTaken> {
        self.lock()
    }
}

impl Held<'_> {
    pub(crate) fn settle(&mut self) {
        if self.orphaned {
            step();
            self.orphaned = false;
            self.lock.0.state.lock().expect("nobody panics with it").orphaned = false;
        }
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        if world::is_dead() || std::thread::panicking() {
            return;
        }
        step();
        assert!(!self.orphaned, "released without being settled: it is lost");
        world::lets_go(&self.lock.0);
        self.lock.0.release(false);
    }
}
