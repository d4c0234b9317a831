//! How far a map is, told while it goes on.

use std::fmt;
use std::time::{Duration, Instant};

/// How far a map is. See [`Imap::on_progress`](crate::Imap::on_progress).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// How many items have a value.
    pub done: usize,
    /// How many have failed.
    pub failed: usize,
    /// How many there are in all, if the input knows.
    pub total: Option<usize>,
    /// The time since the first value was asked for.
    pub elapsed: Duration,
    /// Whether this is the last time.
    pub is_over: bool,
}

impl Progress {
    /// Items in a second, on the average.
    pub fn rate(&self) -> f64 {
        (self.done + self.failed) as f64 / self.elapsed.as_secs_f64().max(1e-9)
    }

    /// How long it will take from now on, if it goes on as so far; `None` if that cannot be said.
    pub fn eta(&self) -> Option<Duration> {
        let left = self.total?.saturating_sub(self.done + self.failed);
        Duration::try_from_secs_f64(left as f64 / self.rate()).ok()
    }
}

/// How often to tell.
const INTERVAL: Duration = Duration::from_millis(50);

/// Somebody who wants to know how far a map is.
pub(crate) struct Meter<'p> {
    hook: Box<dyn FnMut(&Progress) + 'p>,
    progress: Progress,
    begin: Option<Instant>,
    told: Option<Instant>,
}

impl<'p> Meter<'p> {
    pub(crate) fn new(hook: impl FnMut(&Progress) + 'p) -> Meter<'p> {
        let progress = Progress { done: 0, failed: 0, total: None, elapsed: Duration::ZERO, is_over: false };
        Meter { hook: Box::new(hook), progress, begin: None, told: None }
    }

    /// Notes that a first value is asked for, of `total`.
    pub(crate) fn begin(&mut self, total: Option<usize>) {
        if self.begin.is_none() {
            (self.begin, self.progress.total) = (Some(Instant::now()), total);
        }
    }

    #[inline]
    pub(crate) fn count(&mut self, is_value: bool) {
        let Progress { done, failed, .. } = &mut self.progress;
        *(if is_value { done } else { failed }) += 1;
    }

    /// Tells, if it is time.
    pub(crate) fn tell(&mut self, is_over: bool) {
        let now = Instant::now();
        let is_time = self.told.is_none_or(|told| now - told >= INTERVAL);
        if self.progress.is_over || !is_over && !is_time {
            return;
        }
        self.told = Some(now);
        self.progress.is_over = is_over;
        self.progress.elapsed = self.begin.map_or(Duration::ZERO, |begin| now - begin);
        (self.hook)(&self.progress);
    }
}

impl fmt::Debug for Meter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.progress, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rest_is_estimated_by_the_rate() {
        let elapsed = Duration::from_secs(2);
        let progress = Progress { done: 15, failed: 5, total: Some(50), elapsed, is_over: false };
        assert_eq!((progress.rate(), progress.eta()), (10.0, Some(Duration::from_secs(3))));
        assert_eq!(Progress { total: None, ..progress }.eta(), None);
        assert_eq!(Progress { done: 0, failed: 0, ..progress }.eta(), None);
    }
}
