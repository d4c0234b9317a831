//! The start of a pool whose workers may be started by any method.

use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::pool::backend::Backend;
use crate::pool::carried::Carried;
use crate::pool::crew::Crew;
use crate::pool::local::{self, Hands};
use crate::pool::pool::Pool;
use crate::pool::settings::PoolBuilder;
use crate::pool::trouble::PoolError;
use crate::process::method::StartMethod;

impl PoolBuilder<StartMethod> {
    /// Starts the pool. As a function that captures nothing is fit for threads, [`backend`](PoolBuilder::backend) has its way,
    /// whatever it says.
    ///
    /// ```
    /// use mp_runtime::{Pool, StartMethod};
    ///
    /// let pool = Pool::builder().workers(2).start_method(StartMethod::Exec).start(|n: u64| n * n)?;
    /// assert_eq!(pool.map(1..=4)?, [1, 4, 9, 16]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// A function that captures something does not compile:
    ///
    /// ```compile_fail,E0080
    /// use mp_runtime::{Pool, StartMethod};
    ///
    /// let factor = 3;
    /// let pool = Pool::builder().start_method(StartMethod::Exec).start(move |n: u64| n * factor);
    /// ```
    ///
    /// # Errors
    ///
    /// When a worker cannot be started; see [`Builder::spawn`](crate::Builder::spawn). When `MP_POOL_BACKEND` is nonsense.
    pub fn start<A, R, F>(self, function: F) -> Result<Pool<'static, A, R>, PoolError>
    where
        A: Serialize + DeserializeOwned + 'static,
        R: Serialize + DeserializeOwned + 'static,
        F: Fn(A) -> R + Copy + Send + Sync + 'static,
    {
        let carried = Carried::new(self.method, (), |_: &()| (), move |(): &mut (), argument| function(argument));
        self.carry(carried)
    }

    /// Starts a pool whose workers have a state each, made by `init`. It waits until all of them have one; the rest is as with
    /// pools that are [always forked](PoolBuilder::start_with).
    ///
    /// ```
    /// use mp_runtime::{Pool, StartMethod};
    ///
    /// fn add(sum: &mut u32, n: u32) -> u32 {
    ///     *sum += n;
    ///     *sum
    /// }
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let pool = Pool::builder().workers(1).start_method(StartMethod::ForkServer).start_with(|| 0, add)?;
    /// assert_eq!(pool.map([1, 2, 3])?, [1, 3, 6]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// When a worker cannot be started, or does not come through `init`.
    pub fn start_with<S, A, R, I, F>(self, init: I, function: F) -> Result<Pool<'static, A, R>, PoolError>
    where
        S: 'static,
        A: Serialize + DeserializeOwned + 'static,
        R: Serialize + DeserializeOwned + 'static,
        I: Fn() -> S + Copy + Send + Sync + 'static,
        F: Fn(&mut S, A) -> R + Copy + Send + Sync + 'static,
    {
        self.start_given((), move |_: &()| init(), function)
    }

    /// As [`start_with`](PoolBuilder::start_with), with something `given` that each worker makes its state of: it is sent to each once,
    /// when that is started. It may have ends of channels in it, locks and shared values.
    ///
    /// ```
    /// use mp_runtime::{Pool, StartMethod};
    ///
    /// let words = ["lucky", "is", "a", "good", "man"].map(String::from);
    /// let pool = Pool::builder().workers(2).start_method(StartMethod::ForkServer);
    /// let pool = pool.start_given(words, |words| words.clone(), |words, n: usize| words[n].len())?;
    /// assert_eq!(pool.map(0..5)?, [5, 2, 1, 4, 3]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When a worker cannot be started, or does not come through `init`.
    pub fn start_given<C, S, A, R, I, F>(self, given: C, init: I, function: F) -> Result<Pool<'static, A, R>, PoolError>
    where
        C: Serialize + DeserializeOwned + Send + Sync + 'static,
        S: 'static,
        A: Serialize + DeserializeOwned + 'static,
        R: Serialize + DeserializeOwned + 'static,
        I: Fn(&C) -> S + Copy + Send + Sync + 'static,
        F: Fn(&mut S, A) -> R + Copy + Send + Sync + 'static,
    {
        let carried = Carried::new(self.method, given, init, function);
        let pool = self.carry(carried)?;
        pool.engine().prepare()?;
        Ok(pool)
    }

    fn carry<C, S, A, R, I, F>(self, carried: Carried<C, I, F, A, R>) -> Result<Pool<'static, A, R>, PoolError>
    where
        C: Serialize + DeserializeOwned + Send + Sync + 'static,
        S: 'static,
        A: Serialize + DeserializeOwned + 'static,
        R: Serialize + DeserializeOwned + 'static,
        I: Fn(&C) -> S + Copy + Send + Sync + 'static,
        F: Fn(&mut S, A) -> R + Copy + Send + Sync + 'static,
    {
        let settings = self.settings;
        match settings.backend()? {
            Backend::Processes => Pool::start(settings, Hands::Processes(Box::new(carried))),
            Backend::Threads => {
                local::listen();
                let crew = Crew::start(&settings, Arc::new(carried))?;
                Pool::start(settings, Hands::Crew(crew))
            }
            Backend::Sequential => {
                let (settings, hands) = settings.alone(move || carried.into_call().serve())?;
                Pool::start(settings, hands)
            }
        }
    }
}
