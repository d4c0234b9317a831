//! Handles of running processes.

use std::fmt;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::time::{Duration, Instant};

use crate::process::body::Decode;
use crate::process::exit::Exit;
use crate::process::join_error::JoinError;
use crate::process::record::Record;
use crate::process::{registry, stopping};
use crate::sys::counted::Counted;

/// A process that was started, whose function gives a `T`.
///
/// Dropping the handle does not end the process: at the end of the program a daemon is stopped, a process that is
/// [detached](crate::Builder::detached) left alone, and any other waited for. If it failed and nobody looked, one line on
/// stderr says so. Without a handle it is reaped at the next spawn, at [`active_children`](crate::active_children), or at the end of the program.
///
/// Only the process that started it can join or signal it. In another process a handle is inert: its methods say so.
///
/// ```
/// use mp_runtime::process;
///
/// #[process]
/// fn count(text: &str) -> usize {
///     text.split_whitespace().count()
/// }
///
/// # fn main() {
/// let text = String::from("lucky is a good man");
/// let child = count::spawn(&text).unwrap();
/// assert_eq!(child.name(), "count");
/// assert_eq!(child.join().unwrap(), 5);
/// # }
/// ```
pub struct Child<T> {
    record: Counted<Record>,
    decode: Decode<T>,
}

/// A handle goes wherever std's goes, and so does the value that it stands for: that lies in another process.
const _: () = {
    const fn goes_anywhere<T: Send + Sync + Unpin + UnwindSafe + RefUnwindSafe>() {}
    goes_anywhere::<Child<*const u8>>();
};

impl<T> Child<T> {
    pub(crate) fn new(record: Counted<Record>, decode: Decode<T>) -> Child<T> {
        Child { record, decode }
    }

    pub(crate) fn record(&self) -> &Counted<Record> {
        &self.record
    }

    /// The process id.
    ///
    /// Good for showing. To act on the process use the handle: once it has ended and was joined, the system
    /// may give the number to another process.
    pub fn id(&self) -> u32 {
        self.record.id()
    }

    /// The name it was started with.
    pub fn name(&self) -> &str {
        self.record.name()
    }

    /// Whether it is a daemon: stopped, not waited for, when this process ends.
    pub fn is_daemon(&self) -> bool {
        self.record.is_daemon()
    }

    /// Whether it is detached: neither stopped nor waited for when this process ends.
    pub fn is_detached(&self) -> bool {
        self.record.is_detached()
    }

    /// Whether it still runs. `false` in another process than the one that started it.
    pub fn is_alive(&self) -> bool {
        !self.record.is_foreign() && self.record.poll().is_none()
    }

    /// Waits until it has ended and gives the value of its function.
    ///
    /// A piped stream that was not taken is closed (stdin), or read and thrown away (stdout, stderr).
    ///
    /// The value crosses through memory that the process filled before it ended, so no size of it can block either side. Joining a process
    /// that is stopped (SIGSTOP) waits until it goes on and ends. The first 0.4 ms of a wait are awake, if that was worth it lately.
    ///
    /// # Errors
    ///
    /// When it ended in any other way: an `Err`, a panic, an exit, a signal. [`JoinError::exit`] tells which.
    pub fn join(self) -> Result<T, JoinError> {
        let foreign = || Err(JoinError::foreign(self.name(), self.id()));
        if self.record.is_foreign() {
            return foreign();
        }
        if let (Some(streams), Some(pidfd)) = (self.record.streams(), self.record.pidfd().get()) {
            streams.drain(pidfd);
        }
        self.record.wait_here(None).map_or_else(foreign, |exit| self.outcome(exit))
    }

    /// The value of its function if it has ended, or how else it ended; `None` while it runs.
    ///
    /// May be asked again and again, and gives the same each time.
    ///
    /// # Errors
    ///
    /// As [`join`](Child::join).
    ///
    /// ```
    /// # use mp_runtime::process;
    /// # #[process]
    /// # fn wait() { loop { std::thread::park() } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let child = wait::spawn()?;
    /// assert!(child.try_join().is_none());
    /// child.kill()?;
    /// assert!(child.join().is_err());
    /// # Ok(())
    /// # }
    /// ```
    pub fn try_join(&self) -> Option<Result<T, JoinError>> {
        if self.record.is_foreign() {
            return Some(Err(JoinError::foreign(self.name(), self.id())));
        }
        self.record.poll().map(|exit| self.outcome(exit))
    }

    /// What came of it, in the process that started it.
    fn outcome(&self, exit: &Exit) -> Result<T, JoinError> {
        self.record.saw();
        match self.record.value(self.decode) {
            Some(Ok(Ok(value))) => Ok(value),
            Some(Ok(Err(why))) => Err(JoinError::undecodable(exit.clone(), why)),
            Some(Err(error)) => Err(JoinError::undecodable(exit.clone(), error.to_string())),
            None => Err(JoinError::ended(exit.clone())),
        }
    }

    /// As [`try_join`](Child::try_join), after waiting for at most `timeout`.
    ///
    /// # Errors
    ///
    /// As [`join`](Child::join).
    ///
    /// ```
    /// # use mp_runtime::process;
    /// # use std::time::Duration;
    /// # #[process]
    /// # fn wait() { loop { std::thread::park() } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let child = wait::spawn()?;
    /// if child.join_timeout(Duration::from_millis(10)).is_none() {
    ///     child.kill()?;
    /// }
    /// let error = child.join().unwrap_err();
    /// assert_eq!(error.exit().and_then(|exit| exit.signal()), Some(9));
    /// # Ok(())
    /// # }
    /// ```
    pub fn join_timeout(&self, timeout: Duration) -> Option<Result<T, JoinError>> {
        // A deadline beyond what the clock can say is none.
        self.record.wait(Instant::now().checked_add(timeout));
        self.try_join()
    }

    /// How it ended; `None` while it runs, or in another process than the one that started it.
    pub fn exit(&self) -> Option<&Exit> {
        let exit = self.record.poll()?;
        self.record.saw();
        Some(exit)
    }

    /// Sends SIGINT. If the process has ended, does nothing.
    ///
    /// # Errors
    ///
    /// Where the kernel refuses, say because the process has changed its user; or in another process than the
    /// one that started it.
    pub fn interrupt(&self) -> io::Result<()> {
        self.record.send(libc::SIGINT)
    }

    /// Sends SIGTERM: asks it to end. If the process has ended, does nothing.
    ///
    /// # Errors
    ///
    /// As [`interrupt`](Child::interrupt).
    pub fn terminate(&self) -> io::Result<()> {
        self.record.send(libc::SIGTERM)
    }

    /// Sends SIGKILL: ends it at once. If the process has ended, does nothing.
    ///
    /// # Errors
    ///
    /// As [`interrupt`](Child::interrupt).
    pub fn kill(&self) -> io::Result<()> {
        self.record.send(libc::SIGKILL)
    }

    /// Ends it and waits for that: its [stop signal](crate::Builder::stop_signal), SIGTERM unless set, and SIGCONT in case it
    /// is stopped; after `grace`, SIGKILL to it and its group.
    ///
    /// # Errors
    ///
    /// As [`interrupt`](Child::interrupt); `TimedOut` when the kernel or a tracer holds it ten seconds after SIGKILL.
    ///
    /// ```
    /// # use mp_runtime::process;
    /// # use std::time::Duration;
    /// # #[process]
    /// # fn serve() { loop { std::thread::park() } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let child = serve::spawn()?;
    /// let exit = child.stop(Duration::from_secs(5))?;
    /// assert_eq!(exit.signal(), Some(15));
    /// # Ok(())
    /// # }
    /// ```
    pub fn stop(&self, grace: Duration) -> io::Result<&Exit> {
        let exit = stopping::stop(&self.record, grace)?;
        self.record.saw();
        Ok(exit)
    }
}

impl<T> Drop for Child<T> {
    fn drop(&mut self) {
        // A failure that nobody has looked at waits for the others, to be told in the order of their ends; and so does
        // an end that nobody knows of yet, for to find it out now would put it before the others.
        if self.record.ended_at().is_some() && self.record.unseen_failure().is_none() {
            registry::lock().bury(&mut self.record);
        }
    }
}

impl<T> AsFd for Child<T> {
    /// The process descriptor (see `pidfd_open(2)`): readable, for `poll` and its like, once the process has ended.
    ///
    /// # Panics
    ///
    /// In another process than the one that started it, unless it was called there before the fork.
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self.record.pidfd().lend() {
            Some(pidfd) => pidfd,
            None => panic!("{}", JoinError::foreign(self.name(), self.id())),
        }
    }
}

impl<T> fmt::Debug for Child<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Child").field("name", &self.name()).field("id", &self.id()).finish_non_exhaustive()
    }
}
