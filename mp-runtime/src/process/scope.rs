//! Processes that end with a block.

use std::panic::{self, AssertUnwindSafe};
use std::sync::{Mutex, PoisonError};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{SpawnError, SpawnErrorKind};
use crate::process::body::Body;
use crate::process::builder::Builder;
use crate::process::ending;
use crate::process::handle::Child;
use crate::process::record::Record;
use crate::process::stopping;
use crate::sys::counted::Counted;

/// Where the processes of a [`scope`](scope()) are started.
#[derive(Debug)]
pub struct Scope {
    processes: Mutex<Vec<Counted<Record>>>,
}

/// Runs `block`, and waits for the processes that were started in its [`Scope`]: none of them outlives the call.
///
/// As with [`std::thread::scope`], the closures may borrow; nothing of it is sent, for each process has a copy of all
/// memory as it was at its start. Daemons of the scope are stopped once the others have ended.
///
/// ```
/// let numbers: Vec<u64> = (1..=1000).collect();
/// let sum: u64 = mp_runtime::scope(|scope| {
///     let start = |part: &'_ [u64]| scope.spawn(|| part.iter().sum::<u64>()).unwrap();
///     let parts: Vec<_> = numbers.chunks(250).map(start).collect();
///     parts.into_iter().map(|part| part.join().unwrap()).sum()
/// });
/// assert_eq!(sum, 500_500);
/// ```
///
/// What a process writes to a pipe that nobody has taken is thrown away once the block is over, or its process could wait for ever. But if its
/// handle lives on outside of the block, it could be read yet: take what is [piped](crate::Stdio::Piped) within the block.
///
/// # Panics
///
/// When a process of the scope has failed and nobody has looked at its end, by joining it or asking for its exit.
/// When `block` panics: then the processes are stopped (SIGTERM, after five seconds SIGKILL), and the panic goes on.
pub fn scope<R>(block: impl FnOnce(&Scope) -> R) -> R {
    let scope = Scope { processes: Mutex::new(Vec::new()) };
    let result = panic::catch_unwind(AssertUnwindSafe(|| block(&scope)));
    let mut processes = scope.processes.into_inner().unwrap_or_else(PoisonError::into_inner);
    // In a copy of the block that somebody forked off by other means, they are not ours to wait for.
    processes.retain(|process| !process.is_foreign());
    match result {
        Ok(result) => {
            for process in processes.iter().filter(|process| !process.is_daemon()) {
                wait_for(process);
            }
            stop(processes.iter().filter(|process| process.is_daemon()));
            if let Some(failure) = first_failure(&mut processes) {
                panic!("a process of the scope has failed: {failure}");
            }
            result
        }
        Err(payload) => {
            stop(processes.iter());
            processes.iter().for_each(ending::conclude);
            panic::resume_unwind(payload)
        }
    }
}

impl Scope {
    /// Starts a process that runs `closure`. See [`spawn`](crate::spawn).
    ///
    /// # Errors
    ///
    /// As [`Builder::spawn`].
    pub fn spawn<F, T>(&self, closure: F) -> Result<Child<T>, SpawnError>
    where
        F: FnOnce() -> T,
        T: Serialize + DeserializeOwned,
    {
        self.start(Builder::closure(closure))
    }

    /// Starts a process function, or a closure with settings, in this scope.
    ///
    /// ```
    /// use mp_runtime::process;
    ///
    /// #[process]
    /// fn double(n: u32) -> u32 {
    ///     n * 2
    /// }
    ///
    /// # fn main() {
    /// let child = mp_runtime::scope(|scope| scope.start(double::process(21)).unwrap());
    /// assert_eq!(child.try_join().unwrap().unwrap(), 42); // it has ended with the scope
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Builder::spawn`]; and when the process is [detached](Builder::detached).
    pub fn start<B: Body>(&self, process: Builder<B>) -> Result<Child<B::Value>, SpawnError> {
        if process.plan.detached {
            let why = "a scope ends with the last of its processes, and a detached process ends with nothing: spawn it outside";
            return Err(SpawnError::new(process.plan.name, SpawnErrorKind::Contradiction(why)));
        }
        let child = process.spawn()?;
        let mut processes = self.processes.lock().unwrap_or_else(PoisonError::into_inner);
        let_go(&mut processes);
        processes.push(child.record().clone());
        Ok(child)
    }
}

/// Lets go of the processes of which there is nothing more to wait for or to tell: each holds descriptors.
fn let_go(processes: &mut Vec<Counted<Record>>) {
    processes.retain(|process| {
        // One more owner is the registry, until the end is known; another the handle.
        if process.count() == 2 && process.poll().is_some() && process.unseen_failure().is_none() {
            ending::conclude(process);
        }
        process.count() > 1 || process.unseen_failure().is_some() || process.is_foreign()
    });
}

/// Waits for a process of the scope. One that waits for its input waits for nobody; what it writes to a pipe is thrown away
/// if there is no handle to read it by.
fn wait_for(process: &Counted<Record>) {
    if let (Some(streams), Some(pidfd)) = (process.streams(), process.pidfd().get()) {
        drop(streams.take(0));
        // Two owners: the registry, and the scope.
        if process.count() <= 2 {
            streams.drain(pidfd);
        }
    }
    process.wait(None);
}

/// Stops processes, the one started last first. One that cannot be, for it has changed its user, say, is waited for.
fn stop<'a>(processes: impl DoubleEndedIterator<Item = &'a Counted<Record>>) {
    for process in processes.rev() {
        if stopping::stop(process, process.ladder().grace).is_err() {
            process.wait(None);
        }
    }
}

/// Concludes processes that have ended. The failure that came first, of those nobody has looked at; others are told.
fn first_failure(processes: &mut [Counted<Record>]) -> Option<String> {
    processes.sort_by_key(|process| process.ended_at());
    let first = processes.iter().find_map(|process| Some((process, process.unseen_failure()?.to_string())));
    if let Some((process, _)) = first {
        process.saw();
    }
    let first = first.map(|(_, failure)| failure);
    processes.iter().for_each(ending::conclude);
    first
}
