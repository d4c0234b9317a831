//! What somebody waits for: a map, or a single task; with what has come in for it.

use std::collections::VecDeque;
use std::time::Duration;

use crate::pool::error::TaskErrorKind;
use crate::pool::frame::Frames;

/// Names a job. Never means another, for a place that is used again has another generation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct JobId {
    place: usize,
    generation: u64,
}

/// One job.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) inbox: VecDeque<Delivery>,
    pub(crate) limits: Limits,
}

/// What a job says about its items.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Limits {
    /// How long one item may take.
    pub(crate) timeout: Option<Duration>,
    /// How often an item whose worker has died is given to another.
    pub(crate) retries: u32,
}

/// What became of consecutive items.
#[derive(Debug)]
pub(crate) struct Delivery {
    /// The number of the first in the job.
    pub(crate) first: u64,
    pub(crate) count: u32,
    pub(crate) outcome: Outcome,
}

/// See [`Delivery`].
#[derive(Debug)]
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
pub(crate) struct Jobs {
    places: Vec<(u64, Option<Job>)>,
    free: Vec<usize>,
}

impl Jobs {
    pub(crate) fn open(&mut self, limits: Limits) -> JobId {
        let job = Job { inbox: VecDeque::new(), limits };
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
    pub(crate) fn get(&mut self, id: JobId) -> Option<&mut Job> {
        let (generation, job) = self.places.get_mut(id.place)?;
        job.as_mut().filter(|_| *generation == id.generation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closed_job_is_not_taken_for_the_next_in_its_place() {
        let mut jobs = Jobs::default();
        let first = jobs.open(Limits::default());
        assert!(jobs.close(first) && !jobs.close(first));
        let second = jobs.open(Limits::default());
        assert!(jobs.get(first).is_none() && jobs.get(second).is_some());
    }
}
