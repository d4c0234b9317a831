//! A task that is not submitted yet, and its settings.

use std::cell::RefCell;
use std::fmt;
use std::marker::PhantomData;
use std::rc::Rc;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::pool::batch::Batch;
use crate::pool::callback::Callback;
use crate::pool::engine::Engine;
use crate::pool::error::{TaskError, TaskErrorKind};
use crate::pool::feed;
use crate::pool::frame::{self, Kind};
use crate::pool::job::{Delivery, Limits};
use crate::pool::task::Task;
use crate::wire::codec;

/// A task to be, with settings of its own. See [`Pool::task`](crate::Pool::task).
#[must_use = "a task is run once it is submitted"]
pub struct Submission<'a, 'f, A, R> {
    engine: &'a Rc<RefCell<Engine<'f>>>,
    argument: A,
    limits: Limits,
    callback: Option<Callback<'f>>,
    value: PhantomData<fn() -> R>,
}

impl<'a, 'f, A: Serialize, R> Submission<'a, 'f, A, R> {
    pub(crate) fn new(engine: &'a Rc<RefCell<Engine<'f>>>, argument: A) -> Self {
        let limits = engine.borrow().settings.limits;
        Submission { engine, argument, limits, callback: None, value: PhantomData }
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

    /// Sets how long it should take at most; see [`PoolBuilder::soft_timeout`](crate::PoolBuilder::soft_timeout).
    pub fn soft_timeout(mut self, limit: Duration) -> Self {
        self.limits.soft = Some(limit);
        self
    }

    /// Sets its priority: of what no worker has begun with, tasks of a higher one go first. That of all else is 0.
    ///
    /// ```
    /// use mp_runtime::Pool;
    ///
    /// let pool = Pool::builder().workers(1).start_with(|| 0, |count: &mut u32, _: char| { *count += 1; *count })?;
    /// let late = pool.task('a').priority(-1).submit();
    /// let soon = [pool.submit('b'), pool.submit('c')];
    /// assert!(soon.into_iter().all(|task| task.join().is_ok()));
    /// assert!(late.join()? <= 3);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn priority(mut self, priority: i32) -> Self {
        self.limits.priority = priority;
        self
    }

    /// Has `function` called with what came of the task, once that is known, by whoever waits for the pool then, for
    /// this task or for others. Also when the task was dropped, or when it is cancelled, with its pool too.
    ///
    /// It may use the pool, if that is in an [`Rc`]. When it panics, that is the panic of who waits.
    ///
    /// ```
    /// use std::cell::Cell;
    /// use mp_runtime::{Pool, Shutdown};
    ///
    /// let sum = Cell::new(0);
    /// let pool = Pool::new(|n: u64| n * n)?;
    /// for n in 1..=4 {
    ///     pool.task(n).on_done(|square| sum.set(sum.get() + square.as_ref().unwrap())).submit();
    /// }
    /// pool.shutdown(Shutdown::Wait);
    /// assert_eq!(sum.get(), 30);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn on_done<F>(mut self, function: F) -> Self
    where
        R: DeserializeOwned,
        F: FnOnce(&Result<R, TaskError>) + 'f,
    {
        let mut function = Some(function);
        let call = move |delivery: &Delivery| {
            feed::read(delivery, |_, value| function.take().into_iter().for_each(|function| function(&value)));
        };
        self.callback = Some(Callback(Box::new(call)));
        self
    }

    /// Submits it.
    ///
    /// The pool has no thread: what its workers have no room for yet goes to them while somebody waits for the pool. Nor have
    /// they for an argument of more than 64 KiB while they are at something.
    pub fn submit(self) -> Task<'f, R> {
        // The user's code writes the argument: nothing is borrowed.
        let mut message = self.engine.borrow_mut().blank();
        let written = frame::append(&mut message, Kind::Value, |bytes| codec::append(&self.argument, bytes));
        let mut engine = self.engine.borrow_mut();
        engine.settle();
        let job = engine.open_job(self.limits);
        if let Some(job) = engine.jobs.get(job) {
            job.callback = self.callback;
        }
        let batch = Batch { limits: self.limits, ..Batch::new(job, 0, 1, message) };
        match written {
            Ok(()) => engine.submit(batch),
            Err(error) => engine.fail(&batch, TaskErrorKind::Unsent(error.to_string())),
        }
        drop(engine);
        Task::new(Rc::clone(self.engine), job)
    }
}

impl<A, R> fmt::Debug for Submission<'_, '_, A, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Submission").field("limits", &self.limits).finish_non_exhaustive()
    }
}
