//! Who wakes the process outside, when that is stopped with the program and the program goes on or ends behind its back.
//!
//! A process that is stopped sees neither. So another one, the sentry, watches for as long as the stop lasts. The sentry is inside of the
//! namespace, as all that the process outside makes, and so cannot send that a signal. But it can write into a pipe that does.

use std::convert::Infallible;
use std::fs;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use crate::sys::{direct, fork, lifeline, pidfd, wait};

/// How often to look whether the program goes on. Its end is seen at once.
const SLICE: Duration = Duration::from_millis(250);

/// One that watches.
pub(super) struct Sentry {
    bell: OwnedFd,
    pidfd: OwnedFd,
}

impl Sentry {
    /// Has the program, which is stopped, watched. Without a process for it, what happens inside is seen once somebody continues this one.
    pub(super) fn post(program: BorrowedFd<'_>, id: i32) -> Option<Sentry> {
        let (bell, rope) = lifeline::bell().ok()?;
        let listed = Some(id).filter(|id| is_listed_by(*id, program));
        let pidfd = fork::fork_apart(0, &[program, rope.as_fd()], || watch(program, listed, rope.as_fd())).ok()?;
        Some(Sentry { bell, pidfd })
    }

    /// Ends the watch.
    pub(super) fn dismiss(self) {
        // First: the end of the sentry, which may have a copy of it yet, would continue this process once more.
        lifeline::silence(&self.bell);
        let _ = pidfd::send_signal(self.pidfd.as_fd(), libc::SIGKILL);
        wait::block(self.pidfd.as_fd());
        direct::reap(self.pidfd.as_fd());
    }
}

/// It has all signals blocked, so that it is not stopped with its group. It rings again and again, until it is dismissed: the process outside
/// may not have been stopped yet.
fn watch(program: BorrowedFd<'_>, listed: Option<i32>, rope: BorrowedFd<'_>) -> Infallible {
    let _ = direct::die_with_parent();
    loop {
        if direct::has_ended(program, SLICE) || listed.is_some_and(goes_on) {
            if nix::unistd::write(rope, &[0]).is_err() {
                direct::exit(0); // nobody is there
            }
            pidfd::pause(SLICE);
        }
    }
}

/// Whether procfs has the program by the id that it has out here: it may be that of another namespace, or be missing.
fn is_listed_by(id: i32, program: BorrowedFd<'_>) -> bool {
    let text = fs::read_to_string(format!("/proc/thread-self/fdinfo/{}", program.as_raw_fd())).unwrap_or_default();
    text.lines().filter_map(|line| line.strip_prefix("Pid:")).any(|listed| listed.trim() == id.to_string())
}

/// Whether the program goes on, as far as its first thread tells.
fn goes_on(id: i32) -> bool {
    let text = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    text.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with(['R', 'S', 'D']))
}
