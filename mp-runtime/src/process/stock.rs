//! Entries of which one lies in the stock itself.
//!
//! What a process keeps from one start to the next is mostly one of a kind. It lies in the page of the registry so, which is
//! written to by every start; each page beside that costs a fault, for the last child has made it read-only.

/// The entries, in no order.
#[derive(Debug)]
pub(crate) struct Stock<T> {
    one: Option<T>,
    more: Vec<T>,
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

    /// Takes an entry that fits.
    pub(crate) fn take(&mut self, fits: impl Fn(&T) -> bool) -> Option<T> {
        match self.more.iter().rposition(&fits) {
            Some(at) => Some(self.more.remove(at)),
            None => self.one.take_if(|one| fits(one)),
        }
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
    fn what_fits_is_taken_and_the_others_stay() {
        let mut stock = Stock::new();
        (1..=4).for_each(|entry| stock.push(entry));
        assert_eq!((stock.len(), stock.take(|entry| entry % 2 == 1), stock.take(|_| true)), (4, Some(3), Some(4)));
        assert_eq!((stock.take(|entry| *entry == 1), stock.take(|entry| *entry > 2)), (Some(1), None));
        stock.push(5);
        let mut seen = Vec::new();
        stock.each(|entry| seen.push(*entry));
        assert_eq!(seen, [5, 2]);
        stock.clear();
        assert_eq!((stock.len(), stock.take(|_| true)), (0, None));
    }
}
