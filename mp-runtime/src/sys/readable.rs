//! What a runtime of tokio waits for: that a descriptor becomes readable.

use std::future::Future;
use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::time::{Sleep, sleep, sleep_until};

/// A descriptor, registered with the runtime that the caller is in.
///
/// A copy of it: the kernel knows what is registered by its number, and one number can be waited for by one only.
#[derive(Debug)]
pub(crate) struct Readable(AsyncFd<OwnedFd>);

impl Readable {
    /// # Errors
    ///
    /// When the system lacks descriptors or memory, or may not wait for more (`fs.epoll.max_user_watches`).
    ///
    /// # Panics
    ///
    /// Outside of a runtime, or in one without descriptors; tokio says so.
    #[track_caller]
    pub(crate) fn new(fd: BorrowedFd<'_>) -> nix::Result<Readable> {
        let copy = fd.try_clone_to_owned().map_err(errno)?;
        // SAFETY: it has the one owner of the number, who always gives that, and hands it to nobody who could close it.
        let registered = unsafe { AsyncFd::register_with_interest(copy, Interest::READABLE) };
        registered.map(Readable).map_err(|error| errno(error.into()))
    }

    /// Waits until it is readable, or was at some time since this was ready last. So who looks whether there is anything, does it after
    /// this, and looks at everything: nothing else tells of what he has left.
    pub(crate) fn poll(&self, cx: &mut Context<'_>) -> Poll<nix::Result<()>> {
        let mut guard = ready!(self.0.poll_read_ready(cx)).map_err(errno)?;
        guard.clear_ready();
        Poll::Ready(Ok(()))
    }
}

/// An error of a runtime that ends is none of the system's.
fn errno(error: io::Error) -> Errno {
    error.raw_os_error().map_or(Errno::ECANCELED, Errno::from_raw)
}

/// A short sleep, for where nothing tells of what is waited for.
#[derive(Debug, Default)]
pub(crate) struct Nap(Option<Pin<Box<Sleep>>>);

impl Nap {
    /// Lets `time` pass, and begins again when it was ready.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>, time: Duration) -> Poll<()> {
        ready!(self.0.get_or_insert_with(|| Box::pin(sleep(time))).as_mut().poll(cx));
        self.0 = None;
        Poll::Ready(())
    }

    /// Waits until `deadline`, whatever was said before.
    pub(crate) fn poll_until(&mut self, cx: &mut Context<'_>, deadline: Instant) -> Poll<()> {
        let mut sleep = self.0.get_or_insert_with(|| Box::pin(sleep_until(deadline.into()))).as_mut();
        if sleep.deadline() != deadline.into() {
            sleep.as_mut().reset(deadline.into());
        }
        ready!(sleep.poll(cx));
        self.0 = None;
        Poll::Ready(())
    }
}
