//! What somebody waits for: a map, or a single task; with what has come in for it.

use std::collections::VecDeque;
use std::thread;
use std::time::Duration;

use crate::pool::callback::Callback;
use crate::pool::engine::Engine;
use crate::pool::error::TaskErrorKind;
use crate::pool::frame::Frames;
use crate::pool::message::TIMED;

/// Names a job. Never means another, for a place that is used again has another generation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct JobId {
    place: usize,
    generation: u64,
}

/// One job.
#[derive(Debug)]
pub(crate) struct Job<'f> {
    pub(crate) inbox: VecDeque<Delivery>,
    pub(crate) callback: Option<Callback<'f>>,
    /// Whether nobody but the callback wants to know.
    is_dropped: bool,
}

/// What a job says about its items.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Limits {
    /// How long one item may take.
    pub(crate) timeout: Option<Duration>,
    /// How often an item whose worker has died is given to another.
    pub(crate) retries: u32,
    /// How long one item should take at most.
    pub(crate) soft: Option<Duration>,
    /// Batches of a higher one go first.
    pub(crate) priority: i32,
}

impl Limits {
    /// What a worker is told of the times of an item: see [`Head::nanos`](super::message::Head::nanos).
    pub(crate) fn timing(&self) -> u64 {
        const MOST: u64 = u64::MAX >> 1;
        let soft = self.soft.map_or(0, |soft| u64::try_from(soft.as_millis()).unwrap_or(MOST).clamp(1, MOST));
        soft << 1 | TIMED
    }
}

/// What became of consecutive items.
#[derive(Debug, Clone)]
pub(crate) struct Delivery {
    /// The number of the first in the job.
    pub(crate) first: u64,
    pub(crate) count: u32,
    pub(crate) outcome: Outcome,
}

/// See [`Delivery`].
#[derive(Debug, Clone)]
pub(crate) enum Outcome {
    /// The worker said something of each.
    Told {
        bytes: Vec<u8>,
        /// Where in the bytes it begins.
        from: usize,
    },
    /// The same for all of them, which were tried so often.
    Failed(TaskErrorKind, u32),
}

impl Outcome {
    /// The items in what the worker said.
    pub(crate) fn items(bytes: &[u8], from: usize) -> Frames<'_> {
        Frames(bytes.get(from..).unwrap_or_default())
    }
}

/// The jobs of a pool.
#[derive(Debug, Default)]
pub(crate) struct Jobs<'f> {
    places: Vec<(u64, Option<Job<'f>>)>,
    free: Vec<usize>,
}

impl<'f> Jobs<'f> {
    pub(crate) fn open(&mut self) -> JobId {
        let job = Job { inbox: VecDeque::new(), callback: None, is_dropped: false };
        match self.free.pop() {
            Some(place) => {
                let (generation, vacant) = &mut self.places[place];
                *generation += 1;
                *vacant = Some(job);
                JobId { place, generation: *generation }
            }
            None => {
                self.places.push((1, Some(job)));
                JobId { place: self.places.len() - 1, generation: 1 }
            }
        }
    }

    /// Forgets a job; whether there was one.
    pub(crate) fn close(&mut self, id: JobId) -> bool {
        let there = self.get(id).is_some();
        if there {
            self.places[id.place].1 = None;
            self.free.push(id.place);
        }
        there
    }

    #[inline]
    pub(crate) fn get(&mut self, id: JobId) -> Option<&mut Job<'f>> {
        let (generation, job) = self.places.get_mut(id.place)?;
        job.as_mut().filter(|_| *generation == id.generation)
    }

    /// Closes a job, once what is to be called has been.
    pub(crate) fn drop(&mut self, id: JobId) {
        match self.get(id) {
            Some(job) if job.callback.is_some() => job.is_dropped = true,
            _ => drop(self.close(id)),
        }
    }

    /// Puts something into the inbox of a job, if that is still open. What is to be called with it, if something is.
    #[inline]
    pub(crate) fn deliver(&mut self, id: JobId, delivery: Delivery) -> Option<(Callback<'f>, Delivery)> {
        let job = self.get(id)?;
        let call = job.callback.take().map(|callback| (callback, delivery.clone()));
        job.inbox.push_back(delivery);
        if job.is_dropped {
            self.close(id);
        }
        call
    }
}

impl Engine<'_> {
    pub(crate) fn open_job(&mut self, limits: Limits) -> JobId {
        self.is_timed |= limits.timeout.is_some() || limits.soft.is_some();
        self.jobs.open()
    }

    /// Forgets a job. What no worker has begun with is not run.
    pub(crate) fn close_job(&mut self, job: JobId) {
        if !self.jobs.close(job) {
            return;
        }
        for at in 0..self.workers.len() {
            if self.workers[at].sent.iter().any(|batch| batch.job == job) {
                self.take_all_back(at);
            }
        }
        self.queue.retain(|batch| batch.job != job);
        // What was behind it. A worker that is started in a panic would be in one, too.
        if !thread::panicking() {
            self.dispatch();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closed_job_is_not_taken_for_the_next_in_its_place() {
        let mut jobs = Jobs::default();
        let first = jobs.open();
        assert!(jobs.close(first) && !jobs.close(first));
        let second = jobs.open();
        assert!(jobs.get(first).is_none() && jobs.get(second).is_some());
    }
}
