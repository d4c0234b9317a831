//! A task that is not submitted yet, and its settings.

use std::cell::RefCell;
use std::fmt;
use std::marker::PhantomData;
use std::rc::Rc;
use std::time::Duration;

use serde::Serialize;

use crate::pool::batch::Batch;
use crate::pool::engine::Engine;
use crate::pool::frame::{self, Kind};
use crate::pool::job::Limits;
use crate::pool::task::Task;
use crate::wire::codec;

/// A task to be, with settings of its own. See [`Pool::task`](crate::Pool::task).
#[must_use = "a task is run once it is submitted"]
pub struct Submission<'a, 'f, A, R> {
    engine: &'a Rc<RefCell<Engine<'f>>>,
    argument: A,
    limits: Limits,
    value: PhantomData<fn() -> R>,
}

impl<'a, 'f, A: Serialize, R> Submission<'a, 'f, A, R> {
    pub(crate) fn new(engine: &'a Rc<RefCell<Engine<'f>>>, argument: A) -> Self {
        let limits = engine.borrow().settings.limits;
        Submission { engine, argument, limits, value: PhantomData }
    }

    /// Sets how long it may take; see [`PoolBuilder::timeout`](crate::PoolBuilder::timeout).
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.limits.timeout = Some(limit);
        self
    }

    /// Sets how often it is tried again when its worker dies; see [`PoolBuilder::retries`](crate::PoolBuilder::retries).
    pub fn retries(mut self, count: u32) -> Self {
        self.limits.retries = count;
        self
    }

    /// Submits it.
    ///
    /// The pool has no thread: what its workers have no room for yet goes to them while somebody waits for the pool.
    pub fn submit(self) -> Task<'f, R> {
        let mut engine = self.engine.borrow_mut();
        engine.settle();
        let job = engine.open_job(self.limits);
        let mut message = engine.blank();
        let written = frame::append(&mut message, Kind::Value, |bytes| codec::append(&self.argument, bytes));
        if let Err(error) = written {
            return Task::unsent(Rc::clone(self.engine), job, error.to_string());
        }
        engine.add(Batch::new(job, 0, 1, message));
        engine.dispatch();
        Task::new(Rc::clone(self.engine), job)
    }
}

impl<A, R> fmt::Debug for Submission<'_, '_, A, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Submission").field("limits", &self.limits).finish_non_exhaustive()
    }
}
