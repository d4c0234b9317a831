//! The one thing the warden waits on: news of a child, an order to stop, or the clock.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::time::Instant;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};

/// Why a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum News {
    /// Some child stopped, ended or was adopted dead.
    Child,
    /// The time is over.
    Late,
    /// A signal told the warden to stop, or nobody reads the report any more.
    Interrupted,
}

/// The signals of the warden, blocked and read from an fd: between a look at the children and the wait that follows it
/// none can be lost, because it stays pending.
#[derive(Debug)]
pub(crate) struct Alarm {
    signals: SignalFd,
}

impl Alarm {
    /// Blocks the signals. The child that becomes PROGRAM must unblock them.
    pub(crate) fn new() -> io::Result<Self> {
        use Signal::{SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM};
        let set = SigSet::from_iter([SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM]);
        set.thread_block()?;
        Ok(Self { signals: SignalFd::with_flags(&set, SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK)? })
    }

    /// Waits until there is news, at most until `until`.
    pub(crate) fn wait(&self, until: Instant, report: &OwnedFd) -> io::Result<News> {
        loop {
            let mut child = false;
            while let Some(signal) = self.signals.read_signal()? {
                match signal.ssi_signo as i32 {
                    libc::SIGCHLD => child = true,
                    _ => return Ok(News::Interrupted),
                }
            }
            if child {
                return Ok(News::Child);
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(News::Late);
            }
            let millis = i32::try_from(left.as_millis() + 1).unwrap_or(i32::MAX);
            let timeout = PollTimeout::try_from(millis).unwrap_or(PollTimeout::MAX);
            // A pipe without a reader answers POLLERR even if nothing is asked for.
            let signals = PollFd::new(self.signals.as_fd(), PollFlags::POLLIN);
            let mut fds = [signals, PollFd::new(report.as_fd(), PollFlags::empty())];
            match poll(&mut fds, timeout) {
                Ok(_) | Err(nix::errno::Errno::EINTR) => {}
                Err(errno) => return Err(errno.into()),
            }
            if fds[1].revents().is_some_and(|events| events.contains(PollFlags::POLLERR)) {
                return Ok(News::Interrupted);
            }
        }
    }
}
