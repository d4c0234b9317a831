//! The tokio runtime of an `async` process function, and what a forked process has to do with those of its parent: nothing.
//!
//! What a process that is `async` is made of:
//!
//! 1. Only `mp-macros` knows at compile time whether there is a runtime, so it has the feature `tokio`, too: without that, it
//!    reports an error at the word `async`; with it, the function is called inside of `__private::block_on`, and is a function
//!    like any other.
//! 2. `process/runtime` builds the runtime, in the process. Before a fork it finds the epoll sets that are open (`sys/epoll`):
//!    tokio takes what an event says for an address of its own, so a child that adds to a set of its parent would be the end of
//!    that. The child has empty ones.
//! 3. A fork inside of a runtime cannot leave it. There, an `async` function is refused; for any other the runtime is one that
//!    has ended.
//! 4. What waits, does so by a copy of an epoll set's descriptor, which the runtime waits for (`sys/readable`):
//!    `process/awaiting` with the process in it, `ipc/slumber` with the event and the peers of a channel, as a thread would that
//!    sleeps there. It looks at all of the set after the runtime has said that there is something. What a future does, it does in
//!    one poll: dropped, it has not done it.
//! 5. A pool is driven by the futures that wait for its tasks (`pool/awaiting`). Whoever takes something from a worker wakes all
//!    others, for each has to announce anew that he sleeps.

use std::future::Future;
use std::os::fd::RawFd;
use std::sync::OnceLock;

use tokio::runtime::{Builder, EnterGuard, Handle, Runtime};

use crate::error::{SpawnErrorKind, Stage};
use crate::process::method::Plan;
use crate::sys::{epoll, thread};

/// Runs a future to its end, in a runtime of one thread that is made for it.
///
/// # Panics
///
/// If the system lacks descriptors for it; inside of another runtime.
pub fn block_on<F: Future>(future: F) -> F::Output {
    let runtime = Builder::new_current_thread().enable_all().build();
    let runtime =
        Owned(Some(runtime.unwrap_or_else(|error| panic!("there is no runtime for an `async` process: {error}"))));
    let Some(driver) = &runtime.0 else { unreachable!("just made") };
    driver.block_on(future)
}

/// A runtime whose end waits for nobody: what was spawned into it ends with the function, as threads do with the process.
struct Owned(Option<Runtime>);

impl Drop for Owned {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// What a process about to be forked would have of the runtimes of this one.
#[derive(Debug)]
pub(crate) struct Inherited {
    /// By which they wait, each by its numbers.
    sets: Vec<Vec<RawFd>>,
    /// In the place of the one that the caller is inside of.
    instead: Option<Handle>,
}

impl Inherited {
    /// # Errors
    ///
    /// For a process that needs a runtime, inside of one: it can not be left in the child. Where there are threads besides,
    /// those are the reason that is told.
    pub(crate) fn of(plan: &Plan) -> Result<Inherited, SpawnErrorKind> {
        let is_inside = Handle::try_current().is_ok();
        if is_inside && plan.asynchronous && (plan.threads_allowed || !thread::is_threaded()) {
            return Err(SpawnErrorKind::InsideRuntime);
        }
        let sets = epoll::sets().map_err(|errno| SpawnErrorKind::Os(Stage::Descriptors, errno as i32))?;
        Ok(Inherited { sets, instead: is_inside.then(ended) })
    }

    /// In the child: has nothing to do with them from here on. What is spawned while the guard lives is cancelled, instead of waiting for
    /// a runtime that nobody drives.
    pub(crate) fn part(&self) -> Result<Option<EnterGuard<'_>>, String> {
        epoll::replace(&self.sets)
            .map_err(|errno| format!("it could not part from the runtime of its parent: {errno}"))?;
        Ok(self.instead.as_ref().map(Handle::enter))
    }
}

/// A runtime that has ended.
fn ended() -> Handle {
    static ENDED: OnceLock<Handle> = OnceLock::new();
    let make = || {
        let made = Builder::new_current_thread().build();
        let runtime = made.unwrap_or_else(|error| unreachable!("a runtime without a driver needs nothing: {error}"));
        let handle = runtime.handle().clone();
        runtime.shutdown_background();
        handle
    };
    ENDED.get_or_init(make).clone()
}
