//! What a child's life hangs by: a pipe of which its parent holds the write end, see `sys::lifeline`.
//!
//! When the parent is no more, however that came, the kernel kills the child and what it has left in its process group:
//! busy or stopped, whoever they run as, whichever of the parent's threads has forked them. The parent-death signal,
//! which is armed as well, can say none of these, but holds where a child has closed all descriptors or changed groups.

use std::mem;
use std::os::fd::{BorrowedFd, OwnedFd};

use nix::errno::Errno;

use crate::process::registry;
use crate::process::registry::Registry;
use crate::process::stock::Stock;
use crate::sys::fd::ProcessFd;
use crate::sys::{direct, lifeline};

/// The ends that a process holds.
#[derive(Debug)]
pub(crate) struct Lifelines {
    /// The write ends. One does for all children, while it can be opened again for another read end.
    held: Vec<ProcessFd>,
    /// Read ends whose child has ended, for the next: to open one costs a twentieth of a start.
    spares: Stock<ProcessFd>,
}

/// The end that a child has.
#[derive(Debug)]
pub(crate) struct Lifeline {
    /// Taken out by `drop` only.
    end: Option<ProcessFd>,
    /// Whether the parent keeps a copy, for another child to use later.
    kept: bool,
    /// Whether it was sent here by a parent that this process is not forked from.
    sent: bool,
    /// The process that made it. In any other this is a copy.
    owner: i32,
}

impl Lifelines {
    /// More copies than these a parent does not keep: descriptors are scarce, and the gain is small beside so many starts.
    const MOST: usize = 4;

    pub(crate) const fn none() -> Lifelines {
        Lifelines { held: Vec::new(), spares: Stock::new() }
    }

    /// An end for a child of the calling process, whose id is `owner`; `others` more have one now.
    #[inline]
    pub(crate) fn lower(&mut self, owner: i32, others: usize) -> nix::Result<Lifeline> {
        let mut kept = others < Lifelines::MOST;
        let end = match self.spares.pop() {
            Some(end) => end,
            None => match self.again() {
                Some(end) => ProcessFd::new(end?),
                None => {
                    let (end, held) = lifeline::new()?;
                    // Perhaps none can be opened again, without procfs; then those there are have to be used again.
                    kept |= !self.held.is_empty();
                    self.held.push(ProcessFd::new(held));
                    ProcessFd::new(end)
                }
            },
        };
        Ok(Lifeline { end: Some(end), kept, sent: false, owner })
    }

    /// Another end of the pipe there is; `None` where that is not to be had, and a new pipe may be.
    fn again(&self) -> Option<nix::Result<OwnedFd>> {
        match lifeline::again(self.held.last()?.get()?) {
            Err(errno @ (Errno::EMFILE | Errno::ENFILE | Errno::ENOMEM)) => Some(Err(errno)),
            Err(_) => None,
            end => Some(end),
        }
    }

    /// Keeps an end whose child is no more, for the next.
    pub(crate) fn keep(&mut self, end: ProcessFd) {
        self.spares.push(end);
    }

    /// Lets go of the ends that nobody's life hangs by, in a child just forked. The others are its [`Held`].
    #[inline]
    pub(crate) fn release(&mut self) -> Held {
        let spares = mem::take(&mut self.spares);
        spares.each(ProcessFd::release);
        mem::forget(spares);
        Held(mem::take(&mut self.held))
    }

    /// Closes everything: whoever still lives of the children is killed.
    pub(crate) fn cut(&mut self) {
        self.spares.clear();
        self.held.clear();
    }
}

/// Write ends of a parent, inherited by its child. As long as it holds them the child's own life hangs by itself.
#[must_use = "nobody would see its parent end"]
pub(crate) struct Held(Vec<ProcessFd>);

impl Held {
    /// Lets go of them. If the parent is no more, that is the end of all whose life hung by it.
    #[inline]
    pub(crate) fn release(self) {
        ProcessFd::close_all(self.0);
    }
}

impl Lifeline {
    /// The end that a process was sent which is not forked from its parent, whose id is `parent`.
    pub(crate) fn sent(end: OwnedFd, parent: i32) -> Lifeline {
        Lifeline { end: Some(ProcessFd::new(end)), kept: false, sent: true, owner: parent }
    }

    /// Ties the life of the calling process, the child, whose id is `me` and which leads its group, to the end.
    ///
    /// To be called while it has the parent's [`Held`]: then no hang-up can have come before. One that was sent its end has
    /// none; it asks.
    #[inline]
    pub(crate) fn tie(&self, me: i32) -> nix::Result<()> {
        let end = self.end()?;
        if self.sent { tie_sent(me, end) } else { lifeline::aim_at_group(end, me) }
    }

    /// The end, to be sent to a child.
    pub(crate) fn end(&self) -> nix::Result<BorrowedFd<'_>> {
        self.end.as_ref().and_then(ProcessFd::get).ok_or(Errno::EBADF)
    }

    /// Lets go of a copy that is not kept, in the parent, once the child has its own.
    pub(crate) fn let_down(&self) {
        if !self.kept {
            self.release();
        }
    }

    /// Keeps the end for another child, unless the last has left somebody behind in its group, whose life hangs by it
    /// still. In the process that made it.
    #[inline]
    pub(crate) fn bury(&mut self, registry: &mut Registry) {
        if let Some(end) = self.end.take()
            && end.get().is_some_and(lifeline::is_free)
        {
            registry.reuse_lifeline(end);
        }
    }

    /// Closes it: it is not used again. For where the registry is held.
    pub(crate) fn discard(mut self) {
        drop(self.end.take());
    }

    /// Lets go of it in a child just forked to which it means nothing.
    pub(crate) fn release(&self) {
        self.end.iter().for_each(ProcessFd::release);
    }
}

/// Ties the life of the calling process, `me`, which leads its group, to an end that it was sent. If that has been hung up, it ends.
#[inline(always)] // see `sys::near`
pub(crate) fn tie_sent(me: i32, end: BorrowedFd<'_>) -> nix::Result<()> {
    lifeline::aim_at_group(end, me)?;
    if lifeline::is_hung_up(end) {
        direct::exit(1);
    }
    Ok(())
}

impl Drop for Lifeline {
    /// Keeps the end for another child. With the registry held only after `bury`, which leaves nothing to do.
    fn drop(&mut self) {
        match &self.end {
            None => {}
            Some(_) if self.owner != direct::id() => mem::forget(self.end.take()),
            Some(_) => self.bury(&mut registry::lock()),
        }
    }
}
