//! A counter that wakes those who wait for it, and sets of things to wait for.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use nix::sys::eventfd::{EfdFlags, EventFd};

use crate::sys::fd;

/// Makes an event.
pub(crate) fn create() -> nix::Result<OwnedFd> {
    EventFd::from_value_and_flags(0, EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK)
        .and_then(|event| fd::beyond_streams(event.into()))
}

/// Wakes every [`Set`] that `event` is in.
pub(crate) fn signal(event: BorrowedFd<'_>) {
    // The counter is never read, and 2^64 signals fill it: then it is readable, and there is nothing to add.
    let _ = nix::unistd::write(event, &1_u64.to_ne_bytes());
}

/// Things to wait for, each with a number to tell them by.
#[derive(Debug)]
pub(crate) struct Set(Epoll);

impl Set {
    pub(crate) fn new() -> nix::Result<Set> {
        Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC).map(Set)
    }

    /// Waits for each signal of an event: none is taken from others who wait, so there is nothing to read.
    pub(crate) fn add_event(&self, event: BorrowedFd<'_>, number: u64) -> nix::Result<()> {
        self.0.add(event, EpollEvent::new(EpollFlags::EPOLLIN | EpollFlags::EPOLLET, number))
    }

    /// Waits for as long as `fd` is readable.
    pub(crate) fn add(&self, fd: BorrowedFd<'_>, number: u64) -> nix::Result<()> {
        self.0.add(fd, EpollEvent::new(EpollFlags::EPOLLIN, number))
    }

    pub(crate) fn remove(&self, fd: BorrowedFd<'_>) {
        // Fails only if it is not in there.
        let _ = self.0.delete(fd);
    }

    /// Waits until something happens or `deadline` has come; the numbers of what happened, none for the deadline.
    pub(crate) fn wait(&self, deadline: Option<Instant>) -> nix::Result<Happened> {
        loop {
            let mut happened = Happened { events: [EpollEvent::empty(); Happened::MOST], count: 0 };
            let timeout = timeout(deadline);
            match self.0.wait(&mut happened.events, timeout) {
                Err(Errno::EINTR) => {}
                Err(errno) => return Err(errno),
                Ok(0) if deadline.is_none_or(|deadline| Instant::now() < deadline) => {}
                Ok(count) => {
                    happened.count = count;
                    return Ok(happened);
                }
            }
        }
    }
}

impl AsFd for Set {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.0.as_fd()
    }
}

/// What has happened to members of a [`Set`].
#[derive(Debug)]
pub(crate) struct Happened {
    events: [EpollEvent; Happened::MOST],
    count: usize,
}

impl Happened {
    /// So many at a time.
    pub(crate) const MOST: usize = 16;

    /// The numbers of the members.
    pub(crate) fn numbers(&self) -> impl Iterator<Item = u64> {
        self.events[..self.count].iter().map(EpollEvent::data)
    }
}

/// The time left, rounded up to the millisecond `epoll` counts in, so that no wait ends early.
fn timeout(deadline: Option<Instant>) -> EpollTimeout {
    let Some(deadline) = deadline else { return EpollTimeout::NONE };
    let left = deadline.saturating_duration_since(Instant::now());
    let left = left.saturating_add(Duration::from_nanos(999_999)).as_millis();
    // A wait of more than 24 days is cut in pieces by the loop above.
    EpollTimeout::try_from(left.min(i32::MAX as u128)).unwrap_or(EpollTimeout::ZERO)
}
