//! The end of a pool.

use std::time::{Duration, Instant};

use crate::pool::batch::Batch;
use crate::pool::engine::Engine;
use crate::pool::error::TaskErrorKind;
use crate::pool::pool::Shutdown;
use crate::pool::trouble::PoolError;
use crate::pool::worker::Worker;

/// How long workers may take to finish what they are at when their pool is dropped, and to leave when it ends.
pub(crate) const GRACE: Duration = Duration::from_secs(5);

impl Engine<'_> {
    /// Brings the workers to their end. After `grace`, if it is given, they are killed.
    pub(super) fn end(&mut self, how: Shutdown, grace: Option<Duration>) {
        let mut deadline = grace.and_then(|grace| Instant::now().checked_add(grace));
        if how == Shutdown::Wait {
            while !self.is_idle() {
                self.drive(None);
            }
        }
        if self.is_local() {
            return self.end_here(how, grace);
        }
        // From here on nobody is started.
        self.trouble.get_or_insert(PoolError::ended());
        self.is_ending = true;
        if how != Shutdown::Wait {
            self.cancel_all();
        }
        if how == Shutdown::Now {
            self.kill_all();
        }
        while !self.workers.is_empty() {
            self.workers.iter_mut().for_each(Worker::let_go);
            if self.is_idle() && deadline.is_none() {
                // They have only to leave.
                deadline = Instant::now().checked_add(GRACE);
            }
            self.rest(deadline);
            self.turn();
            self.cancel_queue();
            if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                self.kill_all();
                deadline = Instant::now().checked_add(GRACE);
            }
        }
        self.cancel_queue();
        self.is_ending = false;
    }

    /// Whether nobody has anything to do.
    fn is_idle(&self) -> bool {
        self.queue.is_empty() && self.workers.iter().all(|worker| worker.sent.is_empty()) && !self.is_busy_here()
    }

    /// Cancels what nobody has begun with.
    fn cancel_all(&mut self) {
        for at in 0..self.workers.len() {
            while let Some(batch) = self.workers[at].take_back() {
                self.queue.push_back(batch);
            }
        }
        self.cancel_queue();
    }

    pub(super) fn cancel_queue(&mut self) {
        let queue: Vec<Batch> = self.queue.drain(..).collect();
        queue.iter().for_each(|batch| self.fail(batch, TaskErrorKind::Cancelled));
    }

    fn kill_all(&mut self) {
        for worker in &mut self.workers {
            worker.is_dismissed = true;
            worker.kill();
        }
    }
}
