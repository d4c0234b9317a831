//! How fast the work goes, and what follows: how many items to a batch, how many batches to a worker.

/// A batch aims at this time: the cost of its two messages is a percent of it then, and nobody waits long for its end.
const BATCH: f64 = 1e6;

/// So much work may wait at a worker, beside what it is at: it covers the time in which its pool is not running.
const AHEAD: f64 = 500e3;

/// Waiting awake pays when an answer is to be expected within this time.
const SHORT: f64 = 30e3;

/// A batch grows at most this much at a time: the first items may have been cheap ones.
const GROWTH: f64 = 8.0;

/// More items than this are not put into a batch, nor more bytes.
pub(crate) const MOST_ITEMS: u32 = 1 << 20;
pub(crate) const MOST_BYTES: usize = 48 << 10;

/// Measured times, in nanoseconds.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Pace {
    /// Of an item; 0 while nothing is known.
    item: f64,
    /// Of a batch.
    batch: f64,
    /// How many items the batches had.
    count: f64,
}

impl Pace {
    /// Notes that a worker took `nanos` for a batch of `count` items.
    #[inline]
    pub(crate) fn note(&mut self, nanos: u64, count: u32) {
        let (batch, count) = (nanos as f64, f64::from(count.max(1)));
        if self.item == 0.0 {
            *self = Pace { item: batch / count, batch, count };
            return;
        }
        // A quarter of each measurement: a single slow one does not decide.
        let blend = |old: f64, new: f64| old + (new - old) / 4.0;
        *self = Pace {
            item: blend(self.item, batch / count),
            batch: blend(self.batch, batch),
            count: blend(self.count, count),
        };
    }

    /// How many items to put into the next batch.
    pub(crate) fn chunk(&self) -> u32 {
        if self.item == 0.0 {
            return 1;
        }
        let wanted = BATCH / self.item.max(1.0);
        (wanted.min(self.count * GROWTH).min(f64::from(MOST_ITEMS)) as u32).max(1)
    }

    /// How many batches to have at a worker.
    #[inline]
    pub(crate) fn depth(&self) -> usize {
        if self.item == 0.0 {
            return 2;
        }
        ((AHEAD / self.batch.max(1.0)) as usize).clamp(2, 128)
    }

    /// Whether an answer is likely to come before it would pay to sleep.
    pub(crate) fn is_short(&self) -> bool {
        self.batch < SHORT
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_items_go_in_large_batches_and_long_ones_alone() {
        let mut pace = Pace::default();
        assert_eq!((pace.chunk(), pace.depth()), (1, 2));
        pace.note(1_000, 1);
        assert_eq!(pace.chunk(), 8); // not 1000 at once
        (0..100).for_each(|_| pace.note(100_000, 100));
        assert!((790..=800).contains(&pace.chunk()) && pace.depth() == 5); // not 1000, by the growth
        (0..100).for_each(|_| pace.note(1_000_000_000, 1));
        assert_eq!((pace.chunk(), pace.depth()), (1, 2));
        assert!(!pace.is_short());
    }
}
