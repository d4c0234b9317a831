//! Waiting for a process in a runtime of tokio.

use std::fmt;
use std::future::{Future, IntoFuture, poll_fn};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::unistd::read;
use tokio::time::timeout;

use crate::process::exit::Exit;
use crate::process::handle::Child;
use crate::process::join_error::JoinError;
use crate::process::record::Record;
use crate::process::stopping;
use crate::sys::event::Set;
use crate::sys::readable::{Nap, Readable};

/// What one future waits with for the end of a process.
#[derive(Debug, Default)]
struct Waiter {
    /// The process descriptor and the ends of pipes.
    set: Option<(Set, Readable)>,
    /// What it writes to, which nobody else will read.
    ends: Vec<OwnedFd>,
    nap: Nap,
}

/// How often to look where the system refuses to tell, or a tracer holds the status.
const BLIND: Duration = Duration::from_millis(1);

/// Reads of one pipe before it is the turn of other tasks.
const TURN: usize = 16;

impl Waiter {
    /// Waits until the process has ended; `None` in another than the one that started it.
    fn poll<'r>(&mut self, record: &'r Record, cx: &mut Context<'_>) -> Poll<Option<&'r Exit>> {
        if record.is_foreign() {
            return Poll::Ready(None);
        }
        loop {
            if let Some(exit) = record.poll() {
                return Poll::Ready(Some(exit));
            }
            match self.poll_set(record, cx) {
                // Ended, but a foreign tracer has its status.
                Ok(Poll::Ready(true)) | Err(_) => ready!(self.nap.poll(cx, BLIND)),
                Ok(Poll::Ready(false)) => {}
                Ok(Poll::Pending) => return Poll::Pending,
            }
        }
    }

    /// Waits until something has happened; whether the process has ended.
    fn poll_set(&mut self, record: &Record, cx: &mut Context<'_>) -> nix::Result<Poll<bool>> {
        let Some(pidfd) = record.pidfd().get() else { return Err(Errno::ECHILD) };
        let (set, readable) = match &mut self.set {
            Some(set) => set,
            None => {
                let set = Set::new()?;
                set.add(pidfd, PROCESS)?;
                self.ends.iter().try_for_each(|end| set.add(end.as_fd(), PIPE))?;
                let readable = Readable::new(set.as_fd())?;
                self.set.insert((set, readable))
            }
        };
        let Poll::Ready(waited) = readable.poll(cx) else { return Ok(Poll::Pending) };
        waited?;
        let happened = set.wait(Some(Instant::now()))?;
        let has_ended = happened.numbers().any(|number| number == PROCESS);
        if !has_ended && !throw_away(&mut self.ends) {
            cx.waker().wake_by_ref();
            return Ok(Poll::Pending);
        }
        Ok(Poll::Ready(has_ended))
    }
}

const PROCESS: u64 = 0;
const PIPE: u64 = 1;

/// Reads what is in the pipes; `false` if it has been enough for now.
fn throw_away(ends: &mut Vec<OwnedFd>) -> bool {
    let mut buffer = vec![0; if ends.is_empty() { 0 } else { 64 * 1024 }];
    let mut is_empty = true;
    ends.retain(|end| {
        for _ in 0..TURN {
            match read(end, &mut buffer) {
                // Closing it takes it out of the set.
                Ok(0) => return false,
                Ok(_) => {}
                Err(_) => return true,
            }
        }
        is_empty = false;
        true
    });
    is_empty
}

impl<T> Child<T> {
    /// Waits, as a future of tokio, until it has ended; gives the value of its function, each time it is asked.
    ///
    /// Nothing is lost if the future is dropped: neither the process nor its value. So it may be one of several in a
    /// `select!`. Of pipes that were not taken nothing is read, as with [`join_timeout`](Child::join_timeout); to join for
    /// good, await the `Child` itself.
    ///
    /// ```
    /// use mp_runtime::process;
    /// use std::time::Duration;
    ///
    /// #[process(start = forkserver)]
    /// fn serve() {
    ///     loop { std::thread::park() }
    /// }
    ///
    /// #[tokio::main(flavor = "current_thread")]
    /// async fn main() -> Result<(), Box<dyn std::error::Error>> {
    ///     let server = serve::spawn()?;
    ///     tokio::select! {
    ///         ended = server.join_async() => panic!("{ended:?}"),
    ///         () = tokio::time::sleep(Duration::from_millis(10)) => server.kill()?,
    ///     }
    ///     assert!(server.await.is_err());
    ///     Ok(())
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`join`](Child::join).
    ///
    /// # Panics
    ///
    /// When it is polled for the first time outside of a runtime of tokio, or in one without descriptors and timers (see
    /// `tokio::runtime::Builder::enable_all`).
    pub async fn join_async(&self) -> Result<T, JoinError> {
        self.exit_async().await;
        self.try_join().unwrap_or_else(|| Err(JoinError::foreign(self.name(), self.id())))
    }

    /// Waits, as a future of tokio, until it has ended; how it ended. `None` in another process than the one that started
    /// it. As [`join_async`](Child::join_async) otherwise.
    ///
    /// ```
    /// # use mp_runtime::process;
    /// # #[process(start = forkserver)]
    /// # fn leave() { std::process::exit(3) }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let child = leave::spawn()?;
    /// assert_eq!(child.exit_async().await.and_then(|exit| exit.code()), Some(3));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Panics
    ///
    /// As [`join_async`](Child::join_async).
    pub async fn exit_async(&self) -> Option<&Exit> {
        let mut waiter = Waiter::default();
        let exit = poll_fn(|cx| waiter.poll(self.record(), cx)).await;
        self.record().saw();
        exit
    }

    /// Ends it and waits for that, as a future of tokio: SIGTERM, and SIGCONT in case it is stopped; after `grace`, SIGKILL.
    ///
    /// Dropped before that, the future has sent the first two, or none if it was never polled.
    ///
    /// ```
    /// # use mp_runtime::process;
    /// # use std::time::Duration;
    /// # #[process(start = forkserver)]
    /// # fn serve() { loop { std::thread::park() } }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let child = serve::spawn()?;
    /// assert_eq!(child.stop_async(Duration::from_secs(5)).await?.signal(), Some(15));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`interrupt`](Child::interrupt).
    ///
    /// # Panics
    ///
    /// As [`join_async`](Child::join_async).
    pub async fn stop_async(&self, grace: Duration) -> io::Result<&Exit> {
        stopping::ask(self.record())?;
        if timeout(grace, self.exit_async()).await.is_err() {
            stopping::insist(self.record())?;
        }
        match timeout(stopping::UNKILLABLE, self.exit_async()).await {
            Ok(Some(exit)) => Ok(exit),
            Ok(None) => Err(self.record().not_here()),
            Err(_) => Err(stopping::unkillable()),
        }
    }
}

/// The future of a [`Child`]: waits until it has ended and gives the value of its function.
///
/// As with [`Child::join`], pipes that were not taken come to nothing. Dropped before it is ready, it has dropped the handle, and what
/// it was reading: the process goes on, and finds its pipes closed.
///
/// ```
/// use mp_runtime::process;
///
/// #[process(start = forkserver)]
/// fn double(n: u32) -> u32 {
///     2 * n
/// }
///
/// #[tokio::main]
/// async fn main() -> Result<(), Box<dyn std::error::Error>> {
///     assert_eq!(double::spawn(21)?.await?, 42);
///     Ok(())
/// }
/// ```
#[must_use = "a future does nothing unless it is awaited"]
pub struct Join<T> {
    child: Child<T>,
    waiter: Waiter,
}

impl<T> IntoFuture for Child<T> {
    type Output = Result<T, JoinError>;
    type IntoFuture = Join<T>;

    fn into_future(self) -> Join<T> {
        let ends = self.record().streams().map(|streams| streams.abandon()).unwrap_or_default();
        Join { child: self, waiter: Waiter { ends, ..Waiter::default() } }
    }
}

impl<T> Future for Join<T> {
    type Output = Result<T, JoinError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<T, JoinError>> {
        let Join { child, waiter } = self.get_mut();
        ready!(waiter.poll(child.record(), cx));
        Poll::Ready(child.try_join().unwrap_or_else(|| Err(JoinError::foreign(child.name(), child.id()))))
    }
}

impl<T> fmt::Debug for Join<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Join").field(&self.child).finish()
    }
}
