//! Lazy maps: iterators over the values of a pool.

use std::collections::VecDeque;
use std::fmt;
use std::iter::FusedIterator;

use serde::Serialize;
use serde::de::DeserializeOwned;

#[cfg(feature = "progress")]
use crate::pool::bar;
use crate::pool::error::TaskError;
use crate::pool::feed::{self, Feed};
use crate::pool::job::Outcome;
use crate::pool::progress::{Meter, Progress};

/// The values of a pool in the order of their items. See [`Pool::imap`](crate::Pool::imap).
///
/// Dropped, it takes back what no worker has begun with.
#[must_use = "nothing is run until values are asked for"]
pub struct Imap<'p, 'f, I, R> {
    flow: Flow<'p, 'f, I>,
    /// What became of the items after those that were given out; `None` while that is not known.
    ready: VecDeque<Option<Result<R, TaskError>>>,
}

/// The values of a pool as they come. See [`Pool::imap_unordered`](crate::Pool::imap_unordered).
///
/// Dropped, it takes back what no worker has begun with.
#[must_use = "nothing is run until values are asked for"]
pub struct ImapUnordered<'p, 'f, I, R> {
    flow: Flow<'p, 'f, I>,
    ready: VecDeque<(usize, Result<R, TaskError>)>,
}

struct Flow<'p, 'f, I> {
    feed: Feed<'p, 'f, I>,
    /// How many items may have been pulled and not given out.
    in_flight: Option<u64>,
    /// How many were given out.
    given: u64,
    meter: Option<Meter<'p>>,
}

impl<'p, 'f, I: Iterator<Item: Serialize>> Flow<'p, 'f, I> {
    fn new(feed: Feed<'p, 'f, I>) -> Self {
        Flow { feed, in_flight: None, given: 0, meter: None }
    }

    /// Waits for something; `false` when there will be nothing more.
    fn next<R: DeserializeOwned>(&mut self, mut each: impl FnMut(u64, Result<R, TaskError>)) -> bool {
        if let (Some(meter), (least, most)) = (&mut self.meter, self.feed.size_hint()) {
            meter.begin(most.filter(|most| *most == least));
        }
        let cap = self.given.saturating_add(self.in_flight.unwrap_or_else(|| self.feed.usual_cap()));
        let mut unsent = Vec::new();
        let more = self.feed.fill(Some(cap), |failed| unsent.push(failed));
        let mut meter = self.meter.take();
        let mut each = |index, value: Result<R, TaskError>| {
            if let Some(meter) = &mut meter {
                meter.count(value.is_ok());
            }
            each(index, value);
        };
        unsent.into_iter().for_each(|failed| each(failed.index() as u64, Err(failed)));
        while let Some(delivery) = self.feed.take() {
            feed::read(&delivery, &mut each);
            if let Outcome::Told { bytes, .. } = delivery.outcome {
                self.feed.engine.borrow_mut().recycle(bytes);
            }
        }
        // It is the user's code: should it panic, it is not asked again.
        if let Some(mut meter) = meter {
            meter.tell(!more || self.feed.is_done());
            self.meter = Some(meter);
        }
        more
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let pending = (self.feed.pulled() - self.given) as usize;
        let (least, most) = self.feed.size_hint();
        (least.saturating_add(pending), most.and_then(|most| most.checked_add(pending)))
    }
}

macro_rules! settings {
    () => {
        /// Sets how many items go to a worker at once. Unless this is called, as many as take about a millisecond.
        ///
        /// # Panics
        ///
        /// If that is 0 or more than a million.
        pub fn chunk(mut self, items: usize) -> Self {
            assert!((1..=1_000_000).contains(&items), "a chunk has between 1 and 1000000 items");
            self.flow.feed.chunk = Some(items as u32);
            self
        }

        /// Has `hook` called with how far it is: when values have come, but not more often than each 50 ms, and once more at the end. The
        /// hook is called by whoever asks for a value.
        ///
        /// ```
        /// use mp_runtime::Pool;
        ///
        /// let pool = Pool::new(|n: u64| n * n)?;
        /// let mut last = None;
        /// let squares = pool.imap(0..1000).on_progress(|progress| last = Some(*progress));
        /// assert_eq!(squares.collect::<Result<Vec<_>, _>>()?.len(), 1000);
        /// assert!(last.is_some_and(|progress| progress.is_over && (progress.done, progress.total) == (1000, Some(1000))));
        /// # Ok::<(), Box<dyn std::error::Error>>(())
        /// ```
        pub fn on_progress(mut self, hook: impl FnMut(&Progress) + 'p) -> Self {
            self.flow.meter = Some(Meter::new(hook));
            self
        }

        /// Shows a bar on stderr, if that is a terminal: how far it is, how fast, and how long it will take. With the feature
        /// `progress`.
        ///
        /// ```
        /// use mp_runtime::Pool;
        ///
        /// let pool = Pool::new(|n: u64| n * n)?;
        /// let squares: Result<Vec<_>, _> = pool.imap(0..1000).progress_bar().collect();
        /// assert_eq!(squares?.len(), 1000);
        /// # Ok::<(), Box<dyn std::error::Error>>(())
        /// ```
        #[cfg(feature = "progress")]
        pub fn progress_bar(self) -> Self {
            self.on_progress(bar::bar())
        }

        /// Sets how many items at most are pulled from the input and not given out as values, at any moment.
        ///
        /// # Panics
        ///
        /// If that is 0.
        pub fn in_flight(mut self, items: usize) -> Self {
            assert!(items > 0, "at least one item is in flight");
            self.flow.in_flight = Some(items as u64);
            self
        }
    };
}

impl<'p, 'f, I, R> Imap<'p, 'f, I, R>
where
    I: Iterator<Item: Serialize>,
    R: DeserializeOwned,
{
    pub(crate) fn new(feed: Feed<'p, 'f, I>) -> Self {
        Imap { flow: Flow::new(feed), ready: VecDeque::new() }
    }

    settings!();
}

impl<'p, 'f, I, R> ImapUnordered<'p, 'f, I, R>
where
    I: Iterator<Item: Serialize>,
    R: DeserializeOwned,
{
    pub(crate) fn new(feed: Feed<'p, 'f, I>) -> Self {
        ImapUnordered { flow: Flow::new(feed), ready: VecDeque::new() }
    }

    settings!();
}

impl<I, R> Iterator for Imap<'_, '_, I, R>
where
    I: Iterator<Item: Serialize>,
    R: DeserializeOwned,
{
    type Item = Result<R, TaskError>;

    fn next(&mut self) -> Option<Self::Item> {
        let Imap { flow, ready } = self;
        while !matches!(ready.front(), Some(Some(_))) {
            let given = flow.given;
            let more = flow.next(|index, value| {
                let place = (index - given) as usize;
                if ready.len() <= place {
                    ready.resize_with(place + 1, || None);
                }
                ready[place] = Some(value);
            });
            if !more && !matches!(ready.front(), Some(Some(_))) {
                return None;
            }
        }
        flow.given += 1;
        ready.pop_front().flatten()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.flow.size_hint()
    }
}

impl<I, R> Iterator for ImapUnordered<'_, '_, I, R>
where
    I: Iterator<Item: Serialize>,
    R: DeserializeOwned,
{
    type Item = (usize, Result<R, TaskError>);

    fn next(&mut self) -> Option<Self::Item> {
        let ImapUnordered { flow, ready } = self;
        while ready.is_empty() {
            let more = flow.next(|index, value| ready.push_back((index as usize, value)));
            if !more && ready.is_empty() {
                return None;
            }
        }
        flow.given += 1;
        ready.pop_front()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.flow.size_hint()
    }
}

// Not so if the input goes on after its end; but it is not asked again.
impl<I: Iterator<Item: Serialize>, R: DeserializeOwned> FusedIterator for Imap<'_, '_, I, R> {}
impl<I: Iterator<Item: Serialize>, R: DeserializeOwned> FusedIterator for ImapUnordered<'_, '_, I, R> {}

impl<I, R> fmt::Debug for Imap<'_, '_, I, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Imap").field("given", &self.flow.given).finish_non_exhaustive()
    }
}

impl<I, R> fmt::Debug for ImapUnordered<'_, '_, I, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ImapUnordered").field("given", &self.flow.given).finish_non_exhaustive()
    }
}
