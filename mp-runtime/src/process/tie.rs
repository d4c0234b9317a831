//! What ties a process to the one that has started it, if it is tied.
//!
//! A start of a process that is detached returns when that bears its mark. Before, it is in a group that may be killed, and
//! nothing tells it from a stray.

use std::os::fd::{BorrowedFd, OwnedFd};

use nix::errno::Errno;

use crate::error::Stage;
use crate::process::lifeline::Lifeline;
use crate::process::registry::Registry;
use crate::sys::fd::ProcessFd;
use crate::sys::{direct, mark};

/// How long a process lives.
#[derive(Debug)]
pub(crate) enum Tie {
    /// No longer than its parent.
    Lifeline(Lifeline),
    /// As long as it likes: it is detached. This is the socket that marks it, so that a program which adopts it leaves it alone.
    Detached(ProcessFd),
}

impl Tie {
    /// What a child of the calling process, whose id is `owner`, gets.
    #[inline]
    pub(crate) fn make(detached: bool, registry: &mut Registry, owner: i32) -> Result<Tie, (Stage, Errno)> {
        if detached {
            let socket = mark::new().map_err(|errno| (Stage::Session, errno))?;
            return Ok(Tie::Detached(ProcessFd::new(socket)));
        }
        registry.lower_lifeline(owner).map(Tie::Lifeline).map_err(|errno| (Stage::Lifeline, errno))
    }

    /// What a process was sent by its parent, whose id is `parent`.
    pub(crate) fn sent(detached: bool, end: OwnedFd, parent: i32) -> Tie {
        if detached { Tie::Detached(ProcessFd::new(end)) } else { Tie::Lifeline(Lifeline::sent(end, parent)) }
    }

    pub(crate) fn is_detached(&self) -> bool {
        matches!(self, Tie::Detached(_))
    }

    /// What is to be sent to the child.
    pub(crate) fn end(&self) -> nix::Result<BorrowedFd<'_>> {
        match self {
            Tie::Lifeline(lifeline) => lifeline.end(),
            Tie::Detached(socket) => socket.get().ok_or(Errno::EBADF),
        }
    }

    /// Makes the calling process, the child, lead a session of its own, and marks it.
    pub(crate) fn detach(&self) -> nix::Result<()> {
        direct::own_session()?;
        mark::bear(self.end()?)
    }

    /// Lets go of what the parent need not keep, once the child has its own.
    pub(crate) fn let_down(&self) {
        match self {
            Tie::Lifeline(lifeline) => lifeline.let_down(),
            Tie::Detached(socket) => socket.release(),
        }
    }

    /// Lets go of it in a child just forked to which it means nothing.
    pub(crate) fn release(&self) {
        match self {
            Tie::Lifeline(lifeline) => lifeline.release(),
            Tie::Detached(socket) => socket.release(),
        }
    }
}
