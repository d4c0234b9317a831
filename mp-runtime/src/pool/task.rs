//! One item on its own: submitted, waited for, cancelled.

use std::cell::{OnceCell, RefCell};
use std::fmt;
use std::marker::PhantomData;
use std::rc::Rc;
use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;

use crate::pool::callback;
use crate::pool::engine::Engine;
use crate::pool::error::{TaskError, TaskErrorKind};
use crate::pool::feed;
use crate::pool::job::{Delivery, JobId, Outcome};

/// One item that a pool was given by [`Pool::submit`](crate::Pool::submit).
///
/// It resolves on every path: with its value, with what became of its worker, as cancelled with its pool. Dropped, it is run all the
/// same, and nobody but its [`on_done`](crate::Submission::on_done) learns what came of it.
///
/// ```
/// use mp_runtime::Pool;
///
/// let pool = Pool::new(|n: u64| n * n)?;
/// let (three, four) = (pool.submit(3), pool.submit(4));
/// assert_eq!(three.join()? + four.join()?, 25);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Task<'f, R> {
    pub(super) engine: Rc<RefCell<Engine<'f>>>,
    pub(super) job: JobId,
    /// What came of it, once that is known.
    outcome: OnceCell<Delivery>,
    value: PhantomData<fn() -> R>,
}

impl<'f, R> Task<'f, R> {
    pub(crate) fn new(engine: Rc<RefCell<Engine<'f>>>, job: JobId) -> Task<'f, R> {
        Task { engine, job, outcome: OnceCell::new(), value: PhantomData }
    }

    /// Whether it is known what came of it. Does not wait.
    ///
    /// ```
    /// let pool = mp_runtime::Pool::new(|n: u64| n)?;
    /// let task = pool.submit(7);
    /// while !task.is_done() {
    ///     std::thread::yield_now();
    /// }
    /// assert_eq!(task.join()?, 7);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn is_done(&self) -> bool {
        if !self.look() {
            let mut engine = self.engine.borrow_mut();
            engine.settle();
            engine.turn();
        }
        callback::call(&self.engine);
        self.look()
    }

    /// Cancels it; `false` if it was done already.
    ///
    /// If a worker is at it, that worker is killed, with all processes of its group, and another takes its place. What else that
    /// worker had is run by others; a task that it had finished in the meantime is not lost.
    ///
    /// ```
    /// use mp_runtime::Pool;
    ///
    /// let pool = Pool::builder().workers(1).start(|()| -> u8 { loop { std::thread::park() } })?;
    /// let task = pool.submit(());
    /// assert!(task.cancel());
    /// assert!(task.join().unwrap_err().is_cancelled());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn cancel(&self) -> bool {
        if self.look() {
            return false;
        }
        {
            let mut engine = self.engine.borrow_mut();
            engine.settle();
            engine.cancel(self.job);
        }
        callback::call(&self.engine);
        self.look() && self.is_cancelled()
    }

    /// Whether the outcome is here.
    pub(super) fn look(&self) -> bool {
        if self.outcome.get().is_none()
            && let Some(delivery) = self.engine.borrow_mut().take(self.job)
        {
            let _ = self.outcome.set(delivery);
        }
        self.outcome.get().is_some()
    }

    fn is_cancelled(&self) -> bool {
        let outcome = self.outcome.get().map(|delivery| &delivery.outcome);
        matches!(outcome, Some(Outcome::Failed(TaskErrorKind::Cancelled, _)))
    }

    /// Drives its pool until it is done, or `deadline`.
    fn wait(&self, deadline: Option<Instant>) -> bool {
        while !self.look() {
            let in_time = self.engine.borrow_mut().drive(deadline);
            callback::call(&self.engine);
            if !in_time {
                return self.look();
            }
        }
        true
    }
}

impl<R: DeserializeOwned> Task<'_, R> {
    /// Waits until it is done; its value.
    ///
    /// # Errors
    ///
    /// When there is no value. See [`TaskErrorKind`].
    pub fn join(self) -> Result<R, TaskError> {
        self.wait(None);
        self.try_join().unwrap_or_else(|| Err(TaskError::new(0, 0, TaskErrorKind::Lost("it is not there".to_owned()))))
    }

    /// Its value, if it is done. May be asked again and again, and gives the same each time.
    ///
    /// # Errors
    ///
    /// As [`join`](Task::join).
    pub fn try_join(&self) -> Option<Result<R, TaskError>> {
        if !self.is_done() {
            return None;
        }
        let mut answer = None;
        feed::read(self.outcome.get()?, |_, value| answer = Some(value));
        answer
    }

    /// As [`try_join`](Task::try_join), after waiting for at most `timeout`.
    ///
    /// # Errors
    ///
    /// As [`join`](Task::join).
    ///
    /// ```
    /// use std::time::Duration;
    /// use mp_runtime::Pool;
    ///
    /// let pool = Pool::builder().workers(1).start(|()| -> u8 { loop { std::thread::park() } })?;
    /// let task = pool.submit(());
    /// assert!(task.join_timeout(Duration::from_millis(10)).is_none());
    /// task.cancel();
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn join_timeout(&self, timeout: Duration) -> Option<Result<R, TaskError>> {
        // A deadline beyond what the clock can say is none.
        self.wait(Instant::now().checked_add(timeout));
        self.try_join()
    }
}

impl<R> Drop for Task<'_, R> {
    fn drop(&mut self) {
        // Borrowed only if the loop has panicked.
        if let Ok(mut engine) = self.engine.try_borrow_mut() {
            engine.jobs.drop(self.job);
        }
    }
}

impl<R> fmt::Debug for Task<'_, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Task").field("is_done", &self.outcome.get().is_some()).finish_non_exhaustive()
    }
}
