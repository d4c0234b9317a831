//! What is called when a task is done: by whoever drives the pool, and never while the engine is borrowed.

use std::cell::RefCell;
use std::fmt;

use crate::pool::engine::Engine;
use crate::pool::job::Delivery;

/// What is to be called with what came of a task.
pub(crate) struct Callback<'f>(pub(crate) Box<dyn FnOnce(&Delivery) + 'f>);

impl fmt::Debug for Callback<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Callback")
    }
}

/// Makes the calls that are due. What one of them panics is the caller's; the others are still due then.
pub(crate) fn call(engine: &RefCell<Engine<'_>>) {
    loop {
        let due = engine.borrow_mut().calls.pop_front();
        let Some((callback, delivery)) = due else { return };
        callback.0(&delivery);
    }
}
