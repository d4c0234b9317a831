//! Cancelling a single task, wherever it is.

use std::thread;
use std::time::{Duration, Instant};

use crate::pool::engine::Engine;
use crate::pool::error::TaskErrorKind;
use crate::pool::job::JobId;
use crate::pool::worker::Sentence;
use crate::shm::draft::Step;

/// How often to look while the worker is between receiving a task and beginning with it.
const SOON: Duration = Duration::from_micros(100);

impl Engine<'_> {
    /// Sees that a task is done: as cancelled, unless it was done before that could be brought about.
    pub(super) fn cancel(&mut self, job: JobId) {
        while !self.is_resolved(job) {
            if let Some(at) = self.queue.iter().position(|batch| batch.job == job) {
                if let Some(batch) = self.queue.remove(at) {
                    self.fail(&batch, TaskErrorKind::Cancelled);
                }
                self.dispatch(); // what was behind it
                return;
            }
            let has_it = |at: &usize| self.workers[*at].sent.iter().any(|batch| batch.job == job);
            let Some(at) = (0..self.workers.len()).find(has_it) else { return };
            if !self.recall(at, job) && !self.condemn(at, job) {
                // It is just about to begin, or has just ended.
                self.rest(Some(Instant::now() + SOON));
                self.turn();
                thread::yield_now();
            }
        }
    }

    fn is_resolved(&mut self, job: JobId) -> bool {
        self.jobs.get(job).is_none_or(|job| !job.inbox.is_empty())
    }

    /// Takes back what the worker has not begun with; whether the task was in it. It is in the queue then.
    fn recall(&mut self, at: usize, job: JobId) -> bool {
        let mut back = Vec::new();
        while let Some(batch) = self.workers[at].take_back() {
            back.push(batch);
        }
        let found = back.iter().any(|batch| batch.job == job);
        back.into_iter().rev().for_each(|batch| self.put_back(batch));
        if !found {
            self.dispatch();
        }
        found
    }

    /// Kills the worker if it is at the task; whether it was. Its end resolves the task.
    fn condemn(&mut self, at: usize, job: JobId) -> bool {
        let Some(worker) = self.workers.get_mut(at) else { return false };
        let Some((batch, mark)) = worker.at_work() else { return false };
        let is_at_it = batch.job == job && mark.step != Step::Between;
        if !is_at_it || worker.sentence.is_none() && !worker.sentence(mark, Sentence::Cancelled) {
            return false;
        }
        while !self.is_resolved(job) {
            self.rest(None);
            self.turn();
        }
        true
    }
}
