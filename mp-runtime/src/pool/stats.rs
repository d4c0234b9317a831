//! What a pool has done.

use std::time::{Duration, Instant};

use crate::pool::desk::Done;
use crate::pool::engine::Engine;
use crate::pool::local::Hands;
use crate::pool::worker::Worker;

/// What a pool has done so far. See [`Pool::stats`](crate::Pool::stats).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PoolStats {
    /// The workers that live, in the order of their start.
    pub workers: Vec<WorkerStats>,
    /// How many items workers have given an answer for.
    pub items: u64,
    /// How many workers were started in the place of others.
    pub restarts: u64,
    /// The five items that took longest: the time, and the number of the item in its input. Of items that went in one batch
    /// it is the mean that counts, and the first that is named.
    pub slowest: Vec<(Duration, usize)>,
}

/// What one worker has done so far.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct WorkerStats {
    /// Its name.
    pub name: String,
    /// Its process id.
    pub id: u32,
    /// How many items it has given an answer for.
    pub items: u64,
    /// From its start until it was ready, if it is.
    pub starting: Option<Duration>,
    /// How long it was at batches that it has finished.
    pub working: Duration,
    /// The rest of its life.
    pub waiting: Duration,
}

/// The account of one worker.
#[derive(Debug)]
pub(crate) struct Account {
    started: Instant,
    pub(crate) prepared: Option<Instant>,
    pub(crate) items: u64,
    pub(crate) working: Duration,
}

impl Account {
    pub(crate) fn new() -> Account {
        Account { started: Instant::now(), prepared: None, items: 0, working: Duration::ZERO }
    }

    /// Notes a batch that was done in this process.
    pub(super) fn note(&mut self, done: &Done) {
        self.items += u64::from(done.count);
        self.working += Duration::from_nanos(done.nanos);
    }

    fn tell(&self, name: String, id: u32) -> WorkerStats {
        let Account { started, prepared, items, working } = *self;
        WorkerStats {
            name,
            id,
            items,
            starting: prepared.map(|prepared| prepared - started),
            working,
            waiting: prepared.map_or(Duration::ZERO, |prepared| prepared.elapsed()).saturating_sub(working),
        }
    }
}

/// The slowest items.
#[derive(Debug, Default)]
pub(crate) struct Slowest(Vec<(u64, u64)>);

impl Slowest {
    const MOST: usize = 5;

    #[inline]
    pub(crate) fn note(&mut self, nanos: u64, count: u32, first: u64) {
        let each = nanos / u64::from(count.max(1));
        if self.0.len() == Slowest::MOST && self.0.last().is_some_and(|(least, _)| each <= *least) {
            return;
        }
        let at = self.0.partition_point(|(other, _)| *other >= each);
        self.0.insert(at, (each, first));
        self.0.truncate(Slowest::MOST);
    }
}

impl Engine<'_> {
    pub(super) fn stats(&self) -> PoolStats {
        let of_process = |worker: &Worker| worker.account.tell(worker.child.name().to_owned(), worker.child.id());
        let of_local =
            |(at, account): (usize, &Account)| account.tell(format!("{}.{at}", self.settings.name), std::process::id());
        let workers = match &self.hands {
            Hands::Processes(_) => self.workers.iter().map(of_process).collect(),
            Hands::Alone(alone) => vec![of_local((0, &alone.account))],
            Hands::Crew(crew) => crew.hands.iter().map(|hand| &hand.account).enumerate().map(of_local).collect(),
        };
        PoolStats {
            workers,
            items: self.items,
            restarts: self.started.saturating_sub(self.fresh),
            slowest: self
                .slowest
                .0
                .iter()
                .map(|(nanos, item)| (Duration::from_nanos(*nanos), *item as usize))
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_slowest_are_kept_in_their_order() {
        let mut slowest = Slowest::default();
        for (first, nanos) in [30, 10, 20, 70, 50, 60, 40].into_iter().enumerate() {
            slowest.note(nanos, 1, first as u64);
        }
        assert_eq!(slowest.0, [(70, 3), (60, 5), (50, 4), (40, 6), (30, 0)]);
    }
}
