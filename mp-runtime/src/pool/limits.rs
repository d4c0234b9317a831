//! Time limits of items, and the end of those that exceed them.
//!
//! A worker is stopped (SIGSTOP) before it is killed for the sake of an item, and only killed if it is still at that item:
//! no other item falls to a limit that is not its own.

use std::time::{Duration, Instant};

use crate::pool::engine::Engine;
use crate::pool::worker::{Sentence, Worker};
use crate::shm::draft::{Mark, Step};
use crate::sys::clock;

/// The coarse clock may be so late.
const TICK: Duration = Duration::from_millis(10);

impl Engine<'_> {
    /// When to look after the limits of items next.
    pub(super) fn next_limit(&self) -> Option<Instant> {
        if !self.is_timed {
            return None;
        }
        let now = Instant::now();
        (0..self.workers.len()).filter_map(|at| now.checked_add(self.time_left(at)?)).min()
    }

    /// Kills the workers that are at an item for longer than it may take.
    pub(super) fn enforce(&mut self) {
        for at in 0..self.workers.len() {
            // What it has sent may be the very item.
            if !self.workers[at].results.has_message()
                && self.time_left(at) == Some(Duration::ZERO)
                && let Some((_, mark)) = self.workers[at].at_work()
            {
                self.workers[at].sentence(mark, Sentence::TimedOut);
            }
        }
    }

    /// How long a worker may go on with what it is at, or is about to be.
    fn time_left(&self, at: usize) -> Option<Duration> {
        let worker = &self.workers[at];
        if worker.sentence.is_some() {
            return None;
        }
        let at_work = worker.at_work().filter(|(_, mark)| mark.step != Step::Between);
        let limit = at_work.map(|(batch, _)| batch).or(worker.sent.front())?.limits.timeout?;
        let since = worker.shared.draft.since();
        let is_at_work = at_work.is_some();
        if !is_at_work {
            return Some(limit);
        }
        let spent = Duration::from_millis(clock::coarse().saturating_sub(since));
        Some(limit.saturating_add(TICK).saturating_sub(spent))
    }
}

impl Worker {
    /// Kills it if it is still at `mark`; whether it was.
    pub(super) fn sentence(&mut self, mark: Mark, sentence: Sentence) -> bool {
        let record = self.child.record();
        if !record.suspend() {
            return false; // it has ended by itself
        }
        let now = self.shared.draft.read_mark();
        let is_there = (now.batch, now.item) == (mark.batch, mark.item) && now.step != Step::Between;
        if is_there {
            self.sentence = Some((mark, sentence));
            self.kill();
        } else {
            record.resume();
        }
        is_there
    }
}
