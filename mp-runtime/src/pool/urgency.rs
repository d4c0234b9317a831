//! Who goes first: the queue is in the order of priorities, and of those, of the order in which batches came.

use crate::pool::batch::Batch;
use crate::pool::engine::Engine;

impl Engine<'_> {
    /// Adds a batch to the queue, behind those of its priority.
    #[inline]
    pub(crate) fn add(&mut self, batch: Batch) {
        if self.queue.back().is_none_or(|last| last.limits.priority >= batch.limits.priority) {
            return self.queue.push_back(batch);
        }
        let at = self.queue.partition_point(|other| other.limits.priority >= batch.limits.priority);
        self.queue.insert(at, batch);
    }

    /// Adds a batch to the queue, before those of its priority.
    pub(super) fn put_back(&mut self, batch: Batch) {
        let at = self.queue.partition_point(|other| other.limits.priority > batch.limits.priority);
        self.queue.insert(at, batch);
    }

    /// Adds a batch of its own and gives out what there is: before what is less urgent, if no worker has begun with that.
    pub(crate) fn submit(&mut self, batch: Batch) {
        for at in 0..self.workers.len() {
            if self.workers[at].sent.iter().any(|other| other.limits.priority < batch.limits.priority) {
                self.take_all_back(at);
            }
        }
        self.add(batch);
        self.dispatch();
    }

    /// Takes back what the worker has not begun with.
    pub(super) fn take_all_back(&mut self, at: usize) {
        let back: Vec<Batch> = std::iter::from_fn(|| self.workers[at].take_back()).collect();
        back.into_iter().rev().for_each(|batch| self.put_back(batch));
    }
}
