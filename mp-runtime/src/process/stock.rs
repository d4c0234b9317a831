//! Entries of which one lies in the stock itself.
//!
//! Of what a registry lists there is mostly one: one child, and one of each kind that is kept from one start to the next. So it lies in the
//! page of the registry, which is written to by every start; each page beside that costs a fault, for the last child has made it read-only.

use std::mem;

/// The entries, in the order in which they came.
#[derive(Debug)]
pub(crate) struct Stock<T> {
    /// The first, if there is any.
    one: Option<T>,
    more: Vec<T>,
}

impl<T> Default for Stock<T> {
    fn default() -> Stock<T> {
        Stock::new()
    }
}

impl<T> Stock<T> {
    pub(crate) const fn new() -> Stock<T> {
        Stock { one: None, more: Vec::new() }
    }

    pub(crate) fn len(&self) -> usize {
        usize::from(self.one.is_some()) + self.more.len()
    }

    pub(crate) fn push(&mut self, entry: T) {
        match &self.one {
            None => self.one = Some(entry),
            Some(_) => self.more.push(entry),
        }
    }

    /// Takes the entry that came last of those that fit.
    pub(crate) fn take(&mut self, fits: impl Fn(&T) -> bool) -> Option<T> {
        if let Some(at) = self.more.iter().rposition(&fits) {
            return Some(self.more.remove(at));
        }
        let taken = self.one.take_if(|one| fits(one))?;
        if !self.more.is_empty() {
            self.one = Some(self.more.remove(0));
        }
        Some(taken)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.one.is_none()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.one.iter().chain(&self.more)
    }

    /// Takes all.
    pub(crate) fn drain(&mut self) -> impl Iterator<Item = T> {
        let Stock { one, more } = mem::take(self);
        one.into_iter().chain(more)
    }

    /// Takes the one that came last.
    pub(crate) fn pop(&mut self) -> Option<T> {
        self.take(|_| true)
    }

    /// Has `look` look at each.
    #[inline(always)] // see `sys::near`
    pub(crate) fn each(&self, mut look: impl FnMut(&T)) {
        if let Some(one) = &self.one {
            look(one);
        }
        for entry in &self.more {
            look(entry);
        }
    }

    pub(crate) fn clear(&mut self) {
        self.one = None;
        self.more.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_is_taken_and_the_others_stay_in_their_order() {
        let mut stock = Stock::new();
        (1..=4).for_each(|entry| stock.push(entry));
        assert_eq!((stock.len(), stock.take(|entry| entry % 2 == 1), stock.pop()), (4, Some(3), Some(4)));
        assert_eq!((stock.take(|entry| *entry == 1), stock.take(|entry| *entry > 2)), (Some(1), None));
        stock.push(5);
        let mut seen = Vec::new();
        stock.each(|entry| seen.push(*entry));
        assert_eq!(seen, [2, 5]);
        assert!(stock.one == Some(2) && stock.iter().eq(&seen) && stock.drain().eq(seen) && stock.is_empty());
        stock.push(6);
        stock.clear();
        assert_eq!((stock.len(), stock.pop()), (0, None));
    }
}
