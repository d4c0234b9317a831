//! What a child makes of the copy of its parent's registry.

use std::mem;
use std::os::fd::IntoRawFd;

use crate::process::launch::Launch;
use crate::process::lifeline::Held;
use crate::process::outbox::Outbox;
use crate::process::registry::Registry;
use crate::process::seed::Turns;
use crate::sys::counted::Weak;
use crate::sys::direct;

impl Registry {
    /// Turns the copy that a child, `me`, has inherited into the child's own: its record is the last. How it was started, and what
    /// its parent holds for it; `None` without a record.
    #[inline]
    pub(crate) fn become_child(&mut self, me: i32) -> Option<(&'static Launch, Held)> {
        let launch = Outbox::open(self.children.pop()?, me);
        if let Some(parents) = self.launch.replace(launch) {
            parents.release();
            parents.parent.pidfd.release();
        }
        Some((launch, self.become_own(me)))
    }

    /// Turns an inherited copy into the registry of the calling process, `me`, which has no children yet; what its parent holds
    /// for its children.
    ///
    /// Frees nothing: each page that a child writes to is copied first, and its memory ends with it anyway.
    #[inline(always)]
    pub(super) fn become_own(&mut self, me: i32) -> Held {
        self.own = None;
        if let Some(reserve) = self.reserve.take() {
            direct::close(reserve.into_raw_fd()); // or it would stay in the table of files when the parent gives it up
        }
        let siblings = mem::take(&mut self.children);
        siblings.each(|sibling| sibling.release());
        mem::forget(siblings);
        let ended = mem::take(&mut self.ended);
        ended.iter().filter_map(Weak::upgrade).map(mem::ManuallyDrop::new).for_each(|sibling| sibling.release());
        mem::forget(ended);
        self.spares.release();
        if let Some(server) = self.server.take() {
            server.release();
        }
        self.parked = 0;
        self.closed = false;
        self.first_failure = None;
        self.owner = Some(me);
        self.started = 0;
        self.turns = Turns::none();
        self.lifelines.release()
    }
}
