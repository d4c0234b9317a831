//! A pool in a runtime of tokio: driven by the futures that wait for its tasks.

use std::fmt;
use std::future::{Future, IntoFuture, poll_fn};
use std::os::fd::AsFd;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;

use crate::pool::callback;
use crate::pool::engine::Engine;
use crate::pool::error::{TaskError, TaskErrorKind};
use crate::pool::task::Task;
use crate::pool::worker::Worker;
use crate::sys::readable::{Nap, Readable};

/// What one future waits with for a pool.
#[derive(Debug, Default)]
struct Waiter {
    readable: Option<Readable>,
    limit: Nap,
    nap: Nap,
}

/// How often to look where nothing tells: at threads, and where the system refuses.
const BLIND: Duration = Duration::from_millis(1);

/// Turns of a busy pool before it is that of other tasks.
const TURNS: usize = 32;

impl Engine<'_> {
    /// Drives the pool as far as it goes without waiting, and then waits until it goes on.
    ///
    /// The order matters, as it does in [`Engine::rest`].
    fn poll_drive(&mut self, waiter: &mut Waiter, cx: &mut Context<'_>) -> Poll<()> {
        self.turn();
        if self.has_news {
            return Poll::Ready(());
        }
        if self.is_local() {
            return waiter.nap.poll(cx, BLIND);
        }
        self.workers.iter().for_each(Worker::fall_asleep);
        if self.workers.iter().any(Worker::wants_attention) {
            return Poll::Ready(());
        }
        if !self.waiting.iter().any(|other| other.will_wake(cx.waker())) {
            self.waiting.push(cx.waker().clone());
        }
        if let Some(limit) = self.next_limit()
            // One that has come is said to be now, whenever that is.
            && (Instant::now() >= limit || waiter.limit.poll_until(cx, limit).is_ready())
        {
            self.enforce();
            return Poll::Ready(());
        }
        let readable = match &waiter.readable {
            Some(readable) => readable,
            None => match Readable::new(self.set.as_fd()) {
                Ok(readable) => waiter.readable.insert(readable),
                Err(_) => return waiter.nap.poll(cx, BLIND),
            },
        };
        match ready!(readable.poll(cx)) {
            Ok(()) => self.look(Some(Instant::now())),
            Err(_) => ready!(waiter.nap.poll(cx, BLIND)),
        }
        Poll::Ready(())
    }
}

impl<R> Task<'_, R> {
    /// Drives its pool until it is done.
    fn poll_done(&self, waiter: &mut Waiter, cx: &mut Context<'_>) -> Poll<()> {
        for _ in 0..TURNS {
            if self.look() {
                return Poll::Ready(());
            }
            let driven = {
                let mut engine = self.engine.borrow_mut();
                engine.settle();
                engine.has_news = false;
                engine.poll_drive(waiter, cx)
            };
            callback::call(&self.engine);
            ready!(driven);
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

impl<R: DeserializeOwned> Task<'_, R> {
    /// Waits until it is done, as a future of tokio; its value, each time it is asked.
    ///
    /// Whoever awaits a task drives the pool: its other tasks go on, too, and workers that die are replaced. Dropped, the future leaves
    /// the task to whoever waits next. A pool forks its workers and stays in its thread, so it is for a runtime of one thread
    /// (`current_thread`).
    ///
    /// ```
    /// use mp_runtime::Pool;
    ///
    /// #[tokio::main(flavor = "current_thread")]
    /// async fn main() -> Result<(), Box<dyn std::error::Error>> {
    ///     let pool = Pool::new(|n: u64| n * n)?;
    ///     let (three, four) = (pool.submit(3), pool.submit(4));
    ///     let (nine, sixteen) = tokio::join!(three.join_async(), four.join_async());
    ///     assert_eq!(nine? + sixteen?, 25);
    ///     assert_eq!(pool.submit(5).await?, 25);
    ///     Ok(())
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`join`](Task::join).
    ///
    /// # Panics
    ///
    /// When it has to wait outside of a runtime of tokio, or in one without descriptors and timers.
    pub async fn join_async(&self) -> Result<R, TaskError> {
        let mut waiter = Waiter::default();
        poll_fn(|cx| self.poll_done(&mut waiter, cx)).await;
        self.try_join().unwrap_or_else(not_there)
    }
}

fn not_there<R>() -> Result<R, TaskError> {
    Err(TaskError::new(0, 0, TaskErrorKind::Lost("it is not there".to_owned())))
}

/// The future of a [`Task`]: waits until it is done and gives its value. See [`Task::join_async`].
///
/// Dropped before that, it has dropped the task: that is run all the same, and nobody learns what came of it.
#[must_use = "a future does nothing unless it is awaited"]
pub struct JoinTask<'f, R> {
    task: Task<'f, R>,
    waiter: Waiter,
}

impl<'f, R: DeserializeOwned> IntoFuture for Task<'f, R> {
    type Output = Result<R, TaskError>;
    type IntoFuture = JoinTask<'f, R>;

    fn into_future(self) -> JoinTask<'f, R> {
        JoinTask { task: self, waiter: Waiter::default() }
    }
}

impl<R: DeserializeOwned> Future for JoinTask<'_, R> {
    type Output = Result<R, TaskError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<R, TaskError>> {
        let JoinTask { task, waiter } = self.get_mut();
        ready!(task.poll_done(waiter, cx));
        Poll::Ready(task.try_join().unwrap_or_else(not_there))
    }
}

impl<R> fmt::Debug for JoinTask<'_, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("JoinTask").field(&self.task).finish()
    }
}
