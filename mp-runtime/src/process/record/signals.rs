//! The signals that a child gets from its parent.

use std::io;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use nix::errno::Errno;

use crate::process::record::Record;
use crate::sys::wait::{self, Halt};
use crate::sys::{pidfd, signal};

impl Record {
    /// Sends `signal`, unless the process has ended: then there is nothing to do.
    pub(crate) fn send(&self, signal: i32) -> io::Result<()> {
        let pidfd = match self.pidfd().get() {
            Some(pidfd) if !self.is_foreign() => pidfd,
            _ => return Err(self.not_here()),
        };
        self.sent.fetch_or(bit(signal), Ordering::Relaxed);
        match pidfd::send_signal(pidfd, signal) {
            Ok(()) | Err(Errno::ESRCH) => Ok(()),
            Err(errno) => Err(errno.into()),
        }
    }

    /// Kills it, and what is in its process group.
    pub(crate) fn kill_group(&self) {
        // Held so that nobody reaps it meanwhile: until then its id is its own, and its group's.
        let _reaping = self.reaping.lock().unwrap_or_else(PoisonError::into_inner);
        if self.end.get().is_none() && !self.is_foreign() {
            signal::kill_group(self.pid());
            // It may not have made its group yet.
            let _ = self.send(libc::SIGKILL);
        }
    }

    /// Stops it (SIGSTOP) and waits for that; `false` if it has ended.
    ///
    /// One that the kernel does not stop within a tenth of a second, for it waits for a disk, does not go on in its
    /// program either.
    pub(crate) fn suspend(&self) -> bool {
        const PATIENCE: Duration = Duration::from_millis(100);
        let begin = Instant::now();
        if self.send(libc::SIGSTOP).is_err() {
            return false;
        }
        while let Some(pidfd) = self.pidfd().get() {
            match wait::halt(pidfd) {
                Halt::Running if begin.elapsed() < PATIENCE => thread::yield_now(),
                Halt::Ended => return false,
                Halt::Running | Halt::Stopped => return true,
            }
        }
        false
    }

    /// Lets it go on.
    pub(crate) fn resume(&self) {
        // Fails only if it has ended.
        let _ = self.send(libc::SIGCONT);
    }

    /// Whether `signal` was sent through its handle.
    pub(super) fn was_sent(&self, signal: i32) -> bool {
        self.sent.load(Ordering::Relaxed) & bit(signal) != 0
    }
}

fn bit(signal: i32) -> u64 {
    1u64.checked_shl(signal.unsigned_abs().wrapping_sub(1)).unwrap_or(0)
}
