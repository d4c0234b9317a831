//! Waiting for several tasks.

use std::rc::Rc;
use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;

use crate::pool::callback;
use crate::pool::error::TaskError;
use crate::pool::task::Task;

/// When a [`wait`] is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WaitFor {
    /// When one of the tasks is done.
    First,
    /// When one of them has failed, or all are done.
    FirstFailure,
    /// When all are done.
    All,
}

/// How a [`wait`] found the tasks, by their places in the slice.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Waited {
    /// Those that are done.
    pub done: Vec<usize>,
    /// Those that are not.
    pub pending: Vec<usize>,
}

/// Waits until the tasks are as `until` says, or for at most `timeout`, if there is one.
///
/// ```
/// use mp_runtime::{Pool, WaitFor, wait};
///
/// let pool = Pool::new(|n: u64| n * n)?;
/// let tasks: Vec<_> = (0..4).map(|n| pool.submit(n)).collect();
/// let waited = wait(&tasks, WaitFor::All, None);
/// assert_eq!((waited.done, waited.pending), (vec![0, 1, 2, 3], vec![]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn wait<R: DeserializeOwned>(tasks: &[Task<'_, R>], until: WaitFor, timeout: Option<Duration>) -> Waited {
    let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
    let mut is_late = false;
    loop {
        let (done, pending): (Vec<_>, Vec<_>) = (0..tasks.len()).partition(|at| tasks[*at].look());
        let has_failed = |at: &usize| tasks[*at].try_join().is_some_and(|value| value.is_err());
        let is_over = match until {
            WaitFor::First => !done.is_empty(),
            WaitFor::FirstFailure => done.iter().any(has_failed),
            WaitFor::All => false,
        };
        if is_over || is_late || pending.is_empty() {
            return Waited { done, pending };
        }
        // Asked again and again without any time, it comes to its end, too.
        drive(pending.iter().map(|at| &tasks[*at]), deadline);
        is_late = deadline.is_some_and(|deadline| Instant::now() >= deadline);
    }
}

/// Gives the tasks' values in the order in which they are done, each with its place in `tasks`.
///
/// ```
/// use mp_runtime::{Pool, as_completed};
///
/// let pool = Pool::new(|n: u64| n * n)?;
/// let tasks = (0..4).map(|n| pool.submit(n)).collect();
/// let sum: u64 = as_completed(tasks).map(|(_, value)| value.unwrap()).sum();
/// assert_eq!(sum, 14);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn as_completed<R: DeserializeOwned>(
    tasks: Vec<Task<'_, R>>,
) -> impl Iterator<Item = (usize, Result<R, TaskError>)> {
    let mut pending: Vec<_> = tasks.into_iter().enumerate().collect();
    std::iter::from_fn(move || {
        loop {
            if pending.is_empty() {
                return None;
            }
            if let Some(at) = pending.iter().position(|(_, task)| task.look()) {
                let (place, task) = pending.remove(at);
                return Some((place, task.join()));
            }
            drive(pending.iter().map(|(_, task)| task), None);
        }
    })
}

/// Drives the pools of the tasks until something has happened in one of them.
fn drive<'t, 'f: 't, R: 't>(mut tasks: impl Iterator<Item = &'t Task<'f, R>>, deadline: Option<Instant>) {
    /// Tasks of several pools are rare: these take turns.
    const SLICE: Duration = Duration::from_millis(1);
    let Some(first) = tasks.next() else { return };
    let mut engines = vec![&first.engine];
    for task in tasks {
        if !engines.iter().any(|engine| Rc::ptr_eq(engine, &task.engine)) {
            engines.push(&task.engine);
        }
    }
    let slice = (engines.len() > 1).then(|| Instant::now() + SLICE);
    let deadline = [deadline, slice].into_iter().flatten().min();
    for engine in engines {
        engine.borrow_mut().drive(deadline);
        callback::call(engine);
    }
}
