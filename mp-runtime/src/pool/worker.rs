//! One worker, as its pool sees it.

use std::collections::VecDeque;

use nix::errno::Errno;

use crate::pool::batch::Batch;
use crate::pool::lane::{Lane, Passage};
use crate::pool::shared::Shared;
use crate::pool::stats::Account;
use crate::pool::terms::Terms;
use crate::pool::trouble::PoolError;
use crate::pool::work::Work;
use crate::process::handle::Child;
use crate::shm::draft::Mark;
use crate::shm::roster::Side;

/// A worker, from its start until it is reaped.
#[derive(Debug)]
pub(crate) struct Worker {
    /// Counts the workers of a pool; each has another.
    pub(crate) number: u64,
    pub(crate) child: Child<()>,
    /// `None` once it was let go: it ends when it has done what it has.
    tasks: Option<Lane>,
    pub(crate) results: Lane,
    pub(crate) shared: Shared,
    /// What it has, in the order in which it was sent.
    pub(crate) sent: VecDeque<Batch>,
    /// The message that is partly sent: that of the last batch.
    passage: Option<Passage>,
    /// The message that is partly received.
    pub(crate) incoming: Vec<u8>,
    pub(crate) is_prepared: bool,
    /// How many items it was given.
    pub(crate) given: u64,
    next: u32,
    pub(crate) account: Account,
    /// Why it was killed by its pool: for the sake of the item at that mark.
    pub(crate) sentence: Option<(Mark, Sentence)>,
    /// Whether it was killed for the end of the pool. It ran until then, so what it was at is known only now that it has ended.
    pub(crate) is_dismissed: bool,
    /// Whether there are too many.
    pub(crate) is_surplus: bool,
}

/// Why a pool kills a worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sentence {
    TimedOut,
    Cancelled,
}

impl Worker {
    /// Starts a worker that does `work`.
    pub(crate) fn start(number: u64, name: &str, terms: Terms, work: &dyn Work) -> Result<Worker, PoolError> {
        let shared = Shared::new(terms)?;
        // First, so that the worker finds its pool there.
        let tasks = Lane::open(&shared.tasks, Side::Send).ok_or(Errno::ENOMEM)?;
        let results = Lane::open(&shared.results, Side::Receive).ok_or(Errno::ENOMEM)?;
        let child = work.spawn(&format!("{name}.{number}"), &shared)?;
        Ok(Worker {
            number,
            child,
            tasks: Some(tasks),
            results,
            shared,
            sent: VecDeque::new(),
            passage: None,
            incoming: Vec::new(),
            is_prepared: false,
            given: 0,
            next: 0,
            account: Account::new(),
            sentence: None,
            is_dismissed: false,
            is_surplus: false,
        })
    }

    /// Whether it may be given work now.
    #[inline]
    pub(crate) fn is_open(&self) -> bool {
        self.tasks.is_some() && self.passage.is_none() && self.sentence.is_none() && !self.is_surplus
    }

    /// Whether it may be given `batch` now, if `most` items are all that it gets. What could not be taken back from it, because it is
    /// long or because the worker is let go with it, it gets only if it begins with it at once.
    #[inline]
    pub(crate) fn is_open_for(&self, batch: &Batch, most: u64) -> bool {
        let is_last = self.given + u64::from(batch.count) >= most;
        self.is_open() && (self.sent.is_empty() || !is_last && !batch.is_long())
    }

    /// Whether it was let go, or is to die.
    pub(crate) fn is_leaving(&self) -> bool {
        self.tasks.is_none() || self.sentence.is_some() || self.is_surplus
    }

    /// Gives it a batch, which it may not be woken for yet: see [`Worker::wake`].
    #[inline]
    pub(crate) fn give(&mut self, mut batch: Batch, timing: u64) {
        let Some(tasks) = &self.tasks else { return };
        self.next = self.next.checked_add(1).unwrap_or(1);
        batch.address(self.next, timing);
        self.given += u64::from(batch.count);
        let mut passage = Passage::default();
        if !tasks.send(&mut passage, &mut batch.message) {
            self.passage = Some(passage);
        }
        self.sent.push_back(batch);
    }

    #[inline]
    pub(crate) fn wake(&self) {
        if let Some(tasks) = &self.tasks {
            tasks.wake();
        }
    }

    /// Sends more of the message that is partly sent.
    pub(crate) fn push_on(&mut self) {
        let (Some(passage), Some(tasks), Some(batch)) = (&mut self.passage, &self.tasks, self.sent.back_mut()) else {
            return;
        };
        if tasks.send(passage, &mut batch.message) {
            self.passage = None;
        }
        tasks.wake();
    }

    /// Whether it waits for the pool: has sent something, or has room for what is to be sent.
    #[inline]
    pub(crate) fn wants_attention(&self) -> bool {
        self.results.has_message() || (self.passage.is_some() && self.tasks.as_ref().is_some_and(Lane::has_room))
    }

    /// Announces that the pool is about to sleep; it must look at the worker once more before it does.
    pub(crate) fn fall_asleep(&self) {
        self.results.fall_asleep();
        if let Some(tasks) = self.tasks.as_ref().filter(|_| self.passage.is_some()) {
            tasks.fall_asleep();
        }
    }

    /// What the pool sleeps on.
    pub(crate) fn lanes(&self) -> impl Iterator<Item = &Lane> {
        self.tasks.iter().chain([&self.results])
    }

    /// Takes back the oldest batch that it has not begun with.
    pub(crate) fn take_back(&mut self) -> Option<Batch> {
        let mut message = Vec::new();
        if self.passage.is_some() || !self.tasks.as_ref()?.take_back(&mut message) {
            return None;
        }
        let (head, _) = crate::pool::message::Head::read(&message)?;
        let at = self.sent.iter().position(|batch| batch.number == head.batch)?;
        let batch = self.sent.remove(at)?;
        self.given -= u64::from(batch.count);
        Some(batch)
    }

    /// Lets it go: it ends when it has done what it has. What is partly sent is sent first.
    pub(crate) fn let_go(&mut self) {
        if self.passage.is_none() {
            self.tasks = None;
        }
    }

    /// The batch that it is at, by its own account, and where in it.
    pub(crate) fn at_work(&self) -> Option<(&Batch, Mark)> {
        let mark = self.shared.draft.read_mark();
        let batch = self.sent.iter().find(|batch| batch.number == mark.batch)?;
        Some((batch, mark))
    }

    /// Kills it, and what is in its process group.
    pub(crate) fn kill(&self) {
        self.child.record().kill_group();
    }
}
