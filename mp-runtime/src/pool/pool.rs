//! The pool, as its user holds it.

use std::cell::{RefCell, RefMut};
use std::fmt;
use std::marker::PhantomData;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::rc::Rc;
use std::thread;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::pool::backend::Backend;
use crate::pool::callback;
use crate::pool::engine::Engine;
use crate::pool::error::TaskError;
use crate::pool::feed::Feed;
use crate::pool::gather::Gather;
use crate::pool::imap::{Imap, ImapUnordered};
use crate::pool::local::Hands;
use crate::pool::settings::{PoolBuilder, Settings};
use crate::pool::shutdown::GRACE;
use crate::pool::stats::PoolStats;
use crate::pool::submission::Submission;
use crate::pool::task::Task;
use crate::pool::trouble::PoolError;
use crate::sys::identity;

/// Processes that run one function over many items, and that nothing breaks: when one of them dies, the item that it
/// was at has failed, and another takes its place.
///
/// A pool is made around a function. Its workers are forked from this process, so a closure may capture what it likes, borrowed
/// data too: each worker has it as it was at its start. A program with threads cannot fork; there, and wherever the program is large, have
/// workers [started by another method](PoolBuilder::start_method). Arguments and results are sent, so they are serde types. To run different
/// functions over one pool, give it one that matches on an enum of jobs; for a process function of one parameter, its name will do. For
/// several arguments, as with Python's `starmap`, it takes a tuple: `|(base, power): (u64, u32)| base.pow(power)`.
///
/// ```
/// use mp_runtime::Pool;
///
/// let words = vec!["lucky", "is", "a", "good", "man"];
/// let pool = Pool::new(|n: usize| words[n].len())?;
/// assert_eq!(pool.map(0..5)?, [5, 2, 1, 4, 3]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// The pool has no thread. It is driven by whoever waits for it: in [`map`](Pool::map), in the iterators, in [`Task::join`]. Meanwhile its
/// workers go on with what they have been given. It belongs to the process that made it.
///
/// Dropped, it lets the workers finish what they are at, for five seconds at most, then kills them; what they had not begun with is
/// cancelled.
pub struct Pool<'f, A, R> {
    engine: Rc<RefCell<Engine<'f>>>,
    types: PhantomData<fn(A) -> R>,
}

/// How a pool ends. See [`Pool::shutdown`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Shutdown {
    /// When all is done that it was given.
    Wait,
    /// When the workers have finished what they are at; what they had not begun with is cancelled.
    Cancel,
    /// At once: the workers are killed, with all processes of their groups.
    Now,
}

impl Pool<'static, (), ()> {
    /// Begins a pool with settings.
    pub fn builder() -> PoolBuilder {
        PoolBuilder::default()
    }
}

impl<'f, A, R> Pool<'f, A, R> {
    pub(crate) fn start(settings: Settings, hands: Hands<'f>) -> Result<Self, PoolError> {
        Ok(Pool { engine: Rc::new(RefCell::new(Engine::new(settings, hands)?)), types: PhantomData })
    }

    /// The engine, in the process that it belongs to.
    pub(crate) fn engine(&self) -> RefMut<'_, Engine<'f>> {
        let mut engine = self.engine.borrow_mut();
        engine.settle();
        engine
    }

    /// What its workers are.
    ///
    /// ```
    /// use mp_runtime::{Backend, Pool};
    ///
    /// let pool = Pool::builder().backend(Backend::Sequential).start(|n: u32| n + 1)?;
    /// assert_eq!((pool.backend(), pool.map([1, 2])?), (Backend::Sequential, vec![2, 3]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn backend(&self) -> Backend {
        self.engine().hands.backend()
    }

    /// Sets how many workers there are from now on. Those that are too many leave when they have finished what they are at.
    ///
    /// ```
    /// let pool = mp_runtime::Pool::builder().workers(1).start(|n: u32| n)?;
    /// pool.resize(3)?;
    /// assert_eq!(pool.workers().len(), 3);
    /// # Ok::<(), mp_runtime::PoolError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When a worker cannot be started; see [`Builder::spawn`](crate::Builder::spawn). A pool whose workers are no processes stays as it
    /// is.
    ///
    /// # Panics
    ///
    /// If `workers` is 0.
    pub fn resize(&self, workers: usize) -> Result<(), PoolError> {
        assert!(workers > 0, "a pool needs at least one worker");
        self.engine().resize(workers)
    }

    /// The process ids of the workers there are at the moment; none if they are no processes.
    ///
    /// ```
    /// let pool = mp_runtime::Pool::builder().workers(3).start(|n: u32| n)?;
    /// assert_eq!(pool.workers().len(), 3);
    /// # Ok::<(), mp_runtime::PoolError>(())
    /// ```
    pub fn workers(&self) -> Vec<u32> {
        let mut engine = self.engine();
        engine.turn();
        engine.workers.iter().filter(|worker| !worker.is_leaving()).map(|worker| worker.child.id()).collect()
    }

    /// What the pool has done so far.
    ///
    /// ```
    /// let pool = mp_runtime::Pool::builder().workers(2).start(|n: u32| n)?;
    /// pool.map(0..100)?;
    /// let stats = pool.stats();
    /// assert_eq!((stats.items, stats.restarts, stats.workers.len()), (100, 0, 2));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn stats(&self) -> PoolStats {
        self.engine().stats()
    }

    /// Ends the pool, and waits for that. Tasks that are left resolve, as done or as cancelled.
    ///
    /// ```
    /// use mp_runtime::{Pool, Shutdown};
    ///
    /// let pool = Pool::new(|n: u32| n + 1)?;
    /// assert_eq!(pool.map([1, 2])?, [2, 3]);
    /// pool.shutdown(Shutdown::Wait);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn shutdown(self, how: Shutdown) {
        self.engine().end(how, None);
        callback::call(&self.engine);
    }
}

impl<'f, A, R> Pool<'f, A, R>
where
    A: Serialize + DeserializeOwned,
    R: Serialize + DeserializeOwned,
{
    /// Starts a pool around `function`, with as many workers as this process may use processors.
    ///
    /// # Errors
    ///
    /// When a worker cannot be started; see [`Builder::spawn`](crate::Builder::spawn).
    pub fn new<F>(function: F) -> Result<Pool<'f, A, R>, PoolError>
    where
        A: 'f,
        R: 'f,
        F: Fn(A) -> R + 'f,
    {
        PoolBuilder::default().start(function)
    }

    /// Runs the function on each item; the values in the order of the items.
    ///
    /// Items go to the workers in batches, which grow until they take about a millisecond. When an item fails, the others are
    /// run all the same; [`imap`](Pool::imap) gives what became of each.
    ///
    /// # Errors
    ///
    /// That of the first item, in their order, that has failed.
    pub fn map(&self, items: impl IntoIterator<Item = A>) -> Result<Vec<R>, TaskError> {
        let mut feed = Feed::new(&self.engine, items.into_iter());
        let mut gather = Gather::new();
        while feed.fill(None, |failed| gather.fail(failed)) {
            while let Some(delivery) = feed.take() {
                gather.add(delivery, &mut self.engine.borrow_mut());
            }
        }
        gather.finish()
    }

    /// Runs the function on each item as its values are asked for; in the order of the items.
    ///
    /// The input is read only as far ahead as it takes to keep the workers busy, or as [`in_flight`](Imap::in_flight) says; so it may be
    /// infinite. A panic of the input, or of what writes an item, is that of whoever asked for a value; he may ask again.
    ///
    /// ```
    /// use mp_runtime::Pool;
    ///
    /// let pool = Pool::new(|n: u64| n * n)?;
    /// let squares: Result<Vec<_>, _> = pool.imap(1..).take(4).collect();
    /// assert_eq!(squares?, [1, 4, 9, 16]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn imap<I: IntoIterator<Item = A>>(&self, items: I) -> Imap<'_, 'f, I::IntoIter, R> {
        Imap::new(Feed::new(&self.engine, items.into_iter()))
    }

    /// As [`imap`](Pool::imap), in the order in which the values come, each with the number of its item.
    ///
    /// ```
    /// use mp_runtime::Pool;
    ///
    /// let pool = Pool::new(|n: u64| n * n)?;
    /// let sum: u64 = pool.imap_unordered(1..=4).map(|(_, square)| square.unwrap()).sum();
    /// assert_eq!(sum, 30);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn imap_unordered<I: IntoIterator<Item = A>>(&self, items: I) -> ImapUnordered<'_, 'f, I::IntoIter, R> {
        ImapUnordered::new(Feed::new(&self.engine, items.into_iter()))
    }
}

// No code of the user's runs while the engine is borrowed, so no panic of his finds it half changed.
impl<A, R> UnwindSafe for Pool<'_, A, R> {}
impl<A, R> RefUnwindSafe for Pool<'_, A, R> {}

impl<'f, A: Serialize, R> Pool<'f, A, R> {
    /// Gives one item to the pool; its value is to be had of the [`Task`].
    pub fn submit(&self, argument: A) -> Task<'f, R> {
        self.task(argument).submit()
    }

    /// Begins a task with settings of its own.
    ///
    /// ```
    /// use std::time::Duration;
    /// use mp_runtime::Pool;
    ///
    /// let pool = Pool::new(|n: u64| n * n)?;
    /// let task = pool.task(12).timeout(Duration::from_secs(5)).retries(1).submit();
    /// assert_eq!(task.join()?, 144);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn task(&self, argument: A) -> Submission<'_, 'f, A, R> {
        Submission::new(&self.engine, argument)
    }
}

impl<A, R> Drop for Pool<'_, A, R> {
    fn drop(&mut self) {
        // Borrowed only while the loop runs, which calls nothing of the user's; so after its panic only.
        if let Ok(mut engine) = self.engine.try_borrow_mut() {
            engine.settle();
            engine.end(Shutdown::Cancel, Some(GRACE));
        }
        // A second panic would be the end of the program.
        if !thread::panicking() {
            callback::call(&self.engine);
        }
    }
}

impl<A, R> fmt::Debug for Pool<'_, A, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let workers = self.engine.try_borrow().map(|engine| engine.workers.len()).unwrap_or_default();
        f.debug_struct("Pool")
            .field("workers", &workers)
            .field("process", &identity::current().id())
            .finish_non_exhaustive()
    }
}
