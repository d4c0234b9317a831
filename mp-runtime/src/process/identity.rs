//! Who this process is, and who started it.

use std::fmt;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

use crate::process::launch::Launch;
use crate::process::{outbox, registry};
use crate::sys::pidfd;

/// The name of a process that no process function runs in.
pub(crate) const MAIN: &str = "main";

/// The process that calls [`current`].
#[derive(Clone, Copy)]
pub struct Current(Option<&'static Launch>);

/// Tells about the calling process.
///
/// ```
/// use mp_runtime::{current, process};
///
/// #[process(name = "greeter")]
/// fn greet() -> String {
///     format!("{} greets", current().name())
/// }
///
/// # fn main() {
/// assert_eq!(current().name(), "main");
/// assert_eq!(greet::spawn().unwrap().join().unwrap(), "greeter greets");
/// # }
/// ```
pub fn current() -> Current {
    Current(outbox::launch())
}

impl Current {
    /// The process id.
    pub fn id(&self) -> u32 {
        std::process::id()
    }

    /// The name it was started with; `main` for a process that was not started by this framework.
    pub fn name(&self) -> &str {
        self.0.map_or(MAIN, |launch| &launch.name)
    }

    /// Whether it was started as a daemon: it will be stopped when its parent ends, not waited for.
    pub fn is_daemon(&self) -> bool {
        self.0.is_some_and(|launch| launch.daemon)
    }

    /// Whether it was started [detached](crate::Builder::detached): it goes on when its parent ends.
    pub fn is_detached(&self) -> bool {
        self.0.is_some_and(|launch| launch.tie.is_detached())
    }

    /// What its random numbers may begin with: another for each process, but the same in the next run if the process,
    /// or one that it descends from, was given its seed by [`Builder::seed`](crate::Builder::seed).
    ///
    /// A generator that the parent has used before a fork goes on in each child where the parent's was. Make a new one from
    /// this seed; the hash maps of std differ by themselves.
    pub fn seed(&self) -> u64 {
        self.0.map_or_else(registry::seed, |launch| launch.seed)
    }

    /// Which of the replicas of its `mp_main!` entry it is, from 0; `None` if it is not one of several.
    pub fn replica(&self) -> Option<usize> {
        self.0.and_then(|launch| launch.replica)
    }
}

impl fmt::Debug for Current {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Current").field("name", &self.name()).field("id", &self.id()).finish_non_exhaustive()
    }
}

/// The process that started the calling one. See [`parent`].
#[derive(Clone, Copy)]
pub struct Parent(&'static Launch);

/// The process that started this one; `None` in one that was not started by this framework.
///
/// It can be watched: [`Parent::is_alive`] and [`Parent::wait_timeout`], or by `poll` on its descriptor. A child
/// is killed when its parent dies, so what needs to watch is rather a process that [`Parent`] was moved into.
///
/// ```
/// use mp_runtime::{parent, process};
///
/// #[process]
/// fn ask() -> (u32, String, bool) {
///     let parent = parent().unwrap();
///     (parent.id(), parent.name().to_owned(), parent.is_alive())
/// }
///
/// # fn main() {
/// assert!(parent().is_none());
/// let answer = ask::spawn().unwrap().join().unwrap();
/// assert_eq!(answer, (std::process::id(), "main".to_owned(), true));
/// # }
/// ```
pub fn parent() -> Option<Parent> {
    let launch = outbox::launch()?;
    // From now on it stays open in the children of this process, which the `Parent` may be moved into.
    launch.parent.pidfd.lend();
    Some(Parent(launch))
}

impl Parent {
    /// Its process id.
    pub fn id(&self) -> u32 {
        self.0.parent.id.unsigned_abs()
    }

    /// Its name: `main`, or what it was itself started with.
    pub fn name(&self) -> &str {
        &self.0.parent.name
    }

    /// Whether it still runs.
    pub fn is_alive(&self) -> bool {
        !self.wait_timeout(Duration::ZERO)
    }

    /// Waits until it has ended, at most for `timeout`; whether it has.
    pub fn wait_timeout(&self, timeout: Duration) -> bool {
        // A deadline beyond what the clock can say is none.
        let deadline = Instant::now().checked_add(timeout);
        loop {
            match pidfd::wait(self.as_fd(), deadline) {
                Ok(ended) => return ended,
                Err(_) if deadline.is_some_and(|deadline| Instant::now() >= deadline) => return false,
                Err(_) => pidfd::pause(Duration::from_millis(1)),
            }
        }
    }
}

impl fmt::Debug for Parent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parent").field("name", &self.name()).field("id", &self.id()).finish_non_exhaustive()
    }
}

impl AsFd for Parent {
    /// Its process descriptor: readable once it has ended.
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self.0.parent.pidfd.lend() {
            Some(pidfd) => pidfd,
            None => unreachable!("a `Parent` is made by `parent`, which has lent the descriptor"),
        }
    }
}
