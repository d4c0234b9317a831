//! What becomes of the work of a worker that has ended: what it had finished is delivered, what it was at has failed, or is
//! tried again, and what it had not begun goes to others.

use std::mem;

use crate::pool::batch::Batch;
use crate::pool::desk::NO_BATCH;
use crate::pool::engine::Engine;
use crate::pool::error::TaskErrorKind;
use crate::pool::frame::Frames;
use crate::pool::job::Outcome;
use crate::pool::trouble::PoolError;
use crate::pool::worker::{Sentence, Worker};
use crate::process::ending;
use crate::process::exit::{Exit, ExitKind};
use crate::shm::draft::Step;

/// So many workers may die in a row before they are ready, by no fault of their own.
const FRUITLESS: u32 = 32;

impl Engine<'_> {
    /// Takes the worker with this number out, which has ended.
    pub(super) fn bury(&mut self, number: u64) {
        let Some(at) = self.workers.iter().position(|worker| worker.number == number) else { return };
        // It has ended, so there is its status, unless a tracer holds it: then it is asked for again.
        let Some(exit) = self.workers[at].child.exit().cloned() else { return };
        // In this order: what it has sent, it has sent before it ended. At most a ring is full of it.
        while self.workers[at].results.has_message() {
            self.collect(at);
        }
        let worker = self.workers.remove(at);
        if let Some(pidfd) = worker.child.record().pidfd().get() {
            self.set.remove(pidfd);
        }
        worker.lanes().for_each(|lane| self.set.remove(lane.event()));
        ending::conclude(worker.child.record());
        self.judge(&worker, &exit);
        self.inherit(worker, &exit);
    }

    /// Whether there is any use in starting another.
    fn judge(&mut self, worker: &Worker, exit: &Exit) {
        if worker.is_prepared || worker.sentence.is_some() {
            return;
        }
        self.fruitless += 1;
        let killed = matches!(exit.signal(), Some(libc::SIGKILL | libc::SIGTERM | libc::SIGINT | libc::SIGHUP));
        if !killed || self.fruitless > FRUITLESS {
            self.trouble = Some(PoolError::unprepared(exit.clone()));
            self.has_news = true;
        }
    }

    fn inherit(&mut self, mut worker: Worker, exit: &Exit) {
        let mark = worker.shared.draft.read_mark();
        if mark.batch == NO_BATCH
            && worker.is_prepared
            && matches!(exit.kind(), ExitKind::Returned)
            && !worker.is_leaving()
        {
            self.retired += 1;
        }
        let finished = worker.shared.draft.finished();
        let mut untouched = Vec::new();
        for mut batch in mem::take(&mut worker.sent) {
            if batch.number != mark.batch {
                untouched.push(batch);
                continue;
            }
            // What is in the draft was perhaps sent, too.
            let known = batch.done.saturating_sub(finished.first);
            if finished.batch == batch.number && finished.first <= batch.done && finished.count > known {
                let mut items = Frames(&finished.bytes);
                let from = items.skip_items(known);
                let count = finished.count - known;
                let first = batch.first + u64::from(batch.done);
                batch.done += count;
                let outcome = Outcome::Told { bytes: finished.bytes.clone(), from };
                self.deliver(batch.job, first, count, outcome);
            }
            // It was at the item of its mark, unless that is finished: then it was about to begin with the next. There are none
            // in between, unless it has written nonsense; then those are lost too, rather than run twice.
            while mark.step != Step::Between && batch.done <= mark.item && batch.done < batch.count {
                self.lose(&batch, &worker, exit, mark.step);
                batch.done += 1;
            }
            if batch.done < batch.count {
                untouched.push(batch.part(batch.done, batch.count - batch.done));
            }
        }
        for batch in untouched.into_iter().rev() {
            self.put_back(batch);
        }
    }

    /// Decides on the item that the worker was at: the next one of `batch`.
    fn lose(&mut self, batch: &Batch, worker: &Worker, exit: &Exit, step: Step) {
        let limits = batch.limits;
        let mut item = batch.part(batch.done, 1);
        item.attempts = batch.attempts + 1;
        let sentence = worker.sentence.filter(|(mark, _)| mark.batch == batch.number && mark.item == batch.done);
        let kind = match sentence {
            Some((_, Sentence::Cancelled)) => TaskErrorKind::Cancelled,
            Some((_, Sentence::TimedOut)) => TaskErrorKind::TimedOut(limits.timeout.unwrap_or_default()),
            None if worker.is_dismissed && exit.signal() == Some(libc::SIGKILL) => TaskErrorKind::Cancelled,
            None if item.attempts <= limits.retries && !matches!(exit.kind(), ExitKind::Returned) => {
                return self.put_back(item);
            }
            None => TaskErrorKind::Died(exit.clone(), step.into()),
        };
        self.fail(&item, kind);
    }
}
