//! A process that the server has made ahead, as its program sees it: it waits for an order.

use std::mem;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::Signal;
use nix::unistd::Pid;

use crate::process::lifeline::Lifeline;
use crate::process::order::Own;
use crate::process::report::Report;
use crate::sys::fd::ProcessFd;
use crate::sys::page::Page;
use crate::sys::wait::{self, Waited};
use crate::sys::{fdpass, pidfd};

/// Ends a process that waits and will have no order, and takes its status.
pub(crate) fn end(pidfd: BorrowedFd<'_>) {
    let _ = pidfd::send_signal(pidfd, Signal::SIGKILL as i32);
    reap(pidfd);
}

/// Takes the status of one that has ended, or is being killed.
fn reap(pidfd: BorrowedFd<'_>) {
    let deadline = Instant::now() + PATIENCE;
    let _ = pidfd::wait(pidfd, Some(deadline));
    while matches!(wait::reap(pidfd), Waited::Running) && Instant::now() < deadline {
        pidfd::pause(Duration::from_micros(500)); // a tracer has its status yet
    }
}

/// How long one that is being killed may take to end.
const PATIENCE: Duration = Duration::from_secs(1);

/// A process that waits, or that the server is about to make.
#[derive(Debug)]
pub(crate) struct Parked {
    /// By which the order goes. It hangs up when the process has ended.
    pub(crate) socket: ProcessFd,
    /// Where its id is, in the page of the server.
    place: usize,
    pub(crate) report: Report,
    pub(crate) lifeline: Lifeline,
}

impl Parked {
    /// What a process is to be that waits for its order; and the socket from which it takes that.
    pub(crate) fn new(
        place: usize,
        report: Report,
        lifeline: Lifeline,
    ) -> Result<(Parked, OwnedFd), (Report, Lifeline)> {
        match fdpass::pair() {
            Ok((ours, theirs)) => Ok((Parked { socket: ProcessFd::new(ours), place, report, lifeline }, theirs)),
            Err(_) => Err((report, lifeline)),
        }
    }

    /// Where its id is.
    pub(crate) fn place(&self) -> usize {
        self.place
    }

    /// The descriptors that it has from the start, but for its parent's.
    pub(crate) fn own<'fd>(&'fd self, parent: &'fd ProcessFd) -> Option<Own<BorrowedFd<'fd>>> {
        let (page, file, _) = self.report.files()?;
        Some(Own { page, file, tie: self.lifeline.end().ok()?, parent: parent.get()? })
    }

    /// Its id and its process descriptor, if it waits; its id is in `ids` then.
    ///
    /// It is looked for after the descriptor was opened: what lives now had its id then.
    pub(crate) fn waiting(&self, ids: &Page) -> Option<(Pid, OwnedFd)> {
        let id = ids.id(self.place);
        if id <= 0 || self.is_hung_up() {
            return None;
        }
        let opened = pidfd::open(Pid::from_raw(id)).ok()?;
        (!self.is_hung_up()).then(|| (Pid::from_raw(id), opened))
    }

    /// Whether it has ended, or the server could not make it. While it is to be made its end of the socket is on the way.
    pub(crate) fn has_ended(&self) -> bool {
        self.is_hung_up()
    }

    fn is_hung_up(&self) -> bool {
        let Some(socket) = self.socket.get() else { return true };
        let mut set = [PollFd::new(socket, PollFlags::empty())];
        poll(&mut set, PollTimeout::ZERO) != Ok(0)
    }

    /// Ends it, takes its status and frees what was for it. The server is no more, or has said what its id is.
    ///
    /// Whoever has been reaped by somebody else meanwhile is left alone: no other child of ours is taken for it but one that
    /// has its id by now, is a child of this process and has ended.
    pub(crate) fn dismiss(self, ids: &Page) {
        if let id @ 1.. = ids.id(self.place)
            && let Ok(pidfd) = pidfd::open(Pid::from_raw(id))
        {
            if !self.is_hung_up() {
                let _ = pidfd::send_signal(pidfd.as_fd(), Signal::SIGKILL as i32);
            }
            reap(pidfd.as_fd());
        }
        self.report.discard();
        self.lifeline.discard();
    }

    /// Lets go of it in a child just forked: it is a sibling there.
    pub(crate) fn release(self) {
        self.socket.release();
        self.report.release();
        self.lifeline.release();
        mem::forget(self); // its page is not here
    }
}
