//! Settings of a pool that is not started yet.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::pool::backend::Backend;
use crate::pool::crew::Crew;
use crate::pool::job::Limits;
use crate::pool::local::{self, Alone, Hands};
use crate::pool::pool::Pool;
use crate::pool::terms::Terms;
use crate::pool::trouble::PoolError;
use crate::pool::work::{self, Call, Serve, Work};
use crate::process::method::StartMethod;

/// What a pool is told at its start.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) name: String,
    pub(crate) workers: usize,
    /// How many items a worker is given at most.
    pub(crate) max_tasks: Option<u64>,
    pub(crate) limits: Limits,
    pub(crate) terms: Terms,
    /// `None` leaves it to the environment.
    pub(crate) backend: Option<Backend>,
}

impl Settings {
    pub(super) fn backend(&self) -> Result<Backend, PoolError> {
        self.backend.map_or_else(Backend::of_environment, Ok)
    }

    /// The hands for work that threads may not share: where it is to be theirs, nobody shares it.
    pub(crate) fn hands<'f, W: Work + 'f>(
        self,
        work: W,
        serve: impl FnOnce(W) -> Box<dyn Serve + 'f>,
    ) -> Result<(Settings, Hands<'f>), PoolError> {
        match self.backend()? {
            Backend::Processes => Ok((self, Hands::Processes(Box::new(work)))),
            Backend::Threads | Backend::Sequential => self.alone(|| serve(work)),
        }
    }

    pub(super) fn alone<'f>(
        self,
        serve: impl FnOnce() -> Box<dyn Serve + 'f>,
    ) -> Result<(Settings, Hands<'f>), PoolError> {
        local::listen();
        let alone = Alone::start(serve)?;
        Ok((Settings { workers: 1, ..self }, Hands::Alone(alone)))
    }
}

impl Default for Settings {
    fn default() -> Self {
        let limits = Limits::default();
        Settings {
            name: "pool".to_owned(),
            workers: available_workers(),
            max_tasks: None,
            limits,
            terms: Terms::default(),
            backend: None,
        }
    }
}

/// The processors this process may use: by its affinity and by the quota of its control group.
pub(crate) fn available_workers() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// A [`Pool`] to be, and its settings.
///
/// ```
/// use std::time::Duration;
/// use mp_runtime::Pool;
///
/// let pool = Pool::builder().workers(2).name("squares").timeout(Duration::from_secs(5)).start(|n: u64| n * n)?;
/// assert_eq!(pool.map(1..=4)?, [1, 4, 9, 16]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// `M` is a [`StartMethod`] once [`start_method`](PoolBuilder::start_method) was called. Until then, workers are forked.
#[derive(Debug, Clone)]
#[must_use = "a pool is started by `start`"]
pub struct PoolBuilder<M = ()> {
    pub(super) settings: Settings,
    pub(super) method: M,
}

impl Default for PoolBuilder {
    fn default() -> Self {
        PoolBuilder { settings: Settings::default(), method: () }
    }
}

impl<M> PoolBuilder<M> {
    /// Sets how workers are started. One that is forked has all of the program's memory, so its function may capture what it
    /// likes; but no program with threads may fork. By `forkserver` and `exec` workers are started beside threads, too, and cost the
    /// same however much memory the program has. Their function captures nothing: it is the name of a function, or a closure
    /// that uses its arguments only. See [`start_given`](PoolBuilder::start_given) for what all items have in common.
    ///
    /// ```
    /// use mp_runtime::{Pool, StartMethod};
    ///
    /// fn square(n: u64) -> u64 {
    ///     n * n
    /// }
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let pool = std::thread::spawn(|| {
    ///     let pool = Pool::builder().workers(2).start_method(StartMethod::ForkServer).start(square)?;
    ///     Ok::<_, mp_runtime::PoolError>(pool.map(1..=4).unwrap())
    /// });
    /// assert_eq!(pool.join().unwrap()?, [1, 4, 9, 16]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn start_method(self, method: StartMethod) -> PoolBuilder<StartMethod> {
        PoolBuilder { settings: self.settings, method }
    }

    /// Sets how many workers there are. Unless this is called, as many as this process may use processors.
    ///
    /// # Panics
    ///
    /// If that is 0.
    pub fn workers(mut self, count: usize) -> Self {
        assert!(count > 0, "a pool needs at least one worker");
        self.settings.workers = count;
        self
    }

    /// Sets the name of the workers: they are called `name.0`, `name.1` and so on. Else they are `pool.0` ...
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.settings.name = name.into();
        self
    }

    /// Sets how many items a worker is given before another takes its place: for functions that leak.
    ///
    /// # Panics
    ///
    /// If that is 0.
    pub fn max_tasks(mut self, count: u64) -> Self {
        assert!(count > 0, "a worker needs at least one task");
        self.settings.max_tasks = Some(count);
        self
    }

    /// Sets by how many bytes a worker may grow before another takes its place: when it has so many more in memory, after an
    /// item, than when it was ready. What it had by then is not counted: a fork has all that its parent has.
    ///
    /// ```
    /// use mp_runtime::Pool;
    ///
    /// let leaky = |n: u8| std::mem::forget(vec![n; 10 << 20]);
    /// let pool = Pool::builder().workers(1).max_memory(25 << 20).start(leaky)?;
    /// pool.map(1..=6)?;
    /// assert_eq!(pool.stats().restarts, 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn max_memory(mut self, bytes: u64) -> Self {
        self.settings.terms.growth = Some(bytes);
        self
    }

    /// Sets how long a worker stays when it has nothing to do. It comes back when there is something for it.
    pub fn idle_timeout(mut self, time: Duration) -> Self {
        self.settings.terms.idle = Some(time);
        self
    }

    /// Sets how long one item should take at most: its function can ask, by [`is_overdue`](crate::is_overdue), whether it has taken
    /// longer, and give up. Nobody makes it: that is what [`timeout`](PoolBuilder::timeout) is for.
    pub fn soft_timeout(mut self, limit: Duration) -> Self {
        self.settings.limits.soft = Some(limit);
        self
    }

    /// Sets how long one item may take. When it takes longer, its worker is killed, with all processes of its group, and
    /// another takes its place; only that item fails.
    ///
    /// The limit is held, within 20 ms, while somebody waits for the pool: it has no thread of its own. The time in
    /// which a value waits to be taken does not count.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.settings.limits.timeout = Some(limit);
        self
    }

    /// Sets how often an item whose worker has died is given to another. Only for a function that may run twice on the
    /// same item. A panic is an answer, and not tried again; nor is what took too long.
    pub fn retries(mut self, count: u32) -> Self {
        self.settings.limits.retries = count;
        self
    }

    /// Sets what the workers are. Unless this is called, what the environment variable `MP_POOL_BACKEND` says when the pool is
    /// started, `processes`, `threads` or `sequential`; processes, if it says nothing.
    ///
    /// Only a pool that is started by [`start_shared`](PoolBuilder::start_shared) has threads: the function of any other is
    /// not known to be fit for them, and runs sequentially then.
    pub fn backend(mut self, backend: Backend) -> Self {
        self.settings.backend = Some(backend);
        self
    }
}

impl PoolBuilder {
    /// Starts the pool: its workers are forked around `function`. See [`Pool::new`].
    ///
    /// # Errors
    ///
    /// When a worker cannot be started; see [`Builder::spawn`](crate::Builder::spawn). When `MP_POOL_BACKEND` is nonsense.
    pub fn start<'f, A, R, F>(self, function: F) -> Result<Pool<'f, A, R>, PoolError>
    where
        A: Serialize + DeserializeOwned + 'f,
        R: Serialize + DeserializeOwned + 'f,
        F: Fn(A) -> R + 'f,
    {
        let function = move |_: &mut Option<()>, argument| function(argument);
        let (settings, hands) = self.settings.hands(Call::new(None::<fn()>, function), Call::serve)?;
        Pool::start(settings, hands)
    }

    /// As [`start`](PoolBuilder::start), for a function that threads may share: the pool has threads for workers where
    /// [`backend`](PoolBuilder::backend) says so.
    ///
    /// ```
    /// use mp_runtime::{Backend, Pool};
    ///
    /// let pool = Pool::builder().workers(2).backend(Backend::Threads).start_shared(|n: u64| n * n)?;
    /// assert_eq!(pool.map(1..=4)?, [1, 4, 9, 16]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`start`](PoolBuilder::start), and when a thread cannot be started.
    pub fn start_shared<A, R, F>(self, function: F) -> Result<Pool<'static, A, R>, PoolError>
    where
        A: Serialize + DeserializeOwned + 'static,
        R: Serialize + DeserializeOwned + 'static,
        F: Fn(A) -> R + Send + Sync + 'static,
    {
        if self.settings.backend()? != Backend::Threads {
            return self.start(function);
        }
        local::listen();
        let function = move |_: &mut Option<()>, argument| function(argument);
        let crew = Crew::start(&self.settings, Arc::new(Call::new(None::<fn()>, function)))?;
        Pool::start(self.settings, Hands::Crew(crew))
    }

    /// Starts a pool whose workers have a state each: each makes its own by `init`, and `function` gets it with each item.
    ///
    /// Waits until all of them have done so. After a panic of `function` the state is made anew. When a worker leaves that is not
    /// killed, its state is dropped: what is to be done at the end of a worker, do in its destructor.
    ///
    /// ```
    /// use mp_runtime::Pool;
    ///
    /// let pool = Pool::builder().workers(1).start_with(|| 0, |sum: &mut u32, n: u32| {
    ///     *sum += n;
    ///     *sum
    /// })?;
    /// assert_eq!(pool.map([1, 2, 3])?, [1, 3, 6]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When a worker cannot be started, or does not come through `init`.
    pub fn start_with<'f, S, A, R, I, F>(self, init: I, function: F) -> Result<Pool<'f, A, R>, PoolError>
    where
        S: 'f,
        A: Serialize + DeserializeOwned + 'f,
        R: Serialize + DeserializeOwned + 'f,
        I: Fn() -> S + 'f,
        F: Fn(&mut S, A) -> R + 'f,
    {
        let (settings, hands) = self.settings.hands(work::with_state(init, function), Call::serve)?;
        let pool = Pool::start(settings, hands)?;
        pool.engine().prepare()?;
        Ok(pool)
    }
}
