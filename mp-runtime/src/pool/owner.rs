//! A pool belongs to the process that made it.

use std::mem;

use crate::pool::engine::Engine;
use crate::pool::error::TaskErrorKind;
use crate::pool::trouble::PoolError;
use crate::sys::identity;

impl Engine<'_> {
    /// Finds out whether this is a copy in another process: then the workers are not its own, and nothing comes of what they
    /// have, here.
    #[inline]
    pub(crate) fn settle(&mut self) {
        if identity::current() != self.owner {
            self.disown();
        }
    }

    #[cold]
    fn disown(&mut self) {
        self.owner = identity::current();
        let mut lost = mem::take(&mut self.queue);
        for mut worker in mem::take(&mut self.workers) {
            lost.extend(mem::take(&mut worker.sent));
            mem::forget(worker);
        }
        lost.extend(self.disown_here());
        let error = PoolError::foreign();
        lost.iter().for_each(|batch| self.fail(batch, TaskErrorKind::NotRun(error.clone())));
        // They are told where the pool is.
        self.calls.clear();
        self.trouble = Some(error);
    }
}
