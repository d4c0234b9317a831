//! What one process alone may use, though a fork copies it.

use std::mem;

use crate::sys::identity::{self, Identity};

/// A value of the process that it was made in. A copy in a process forked from that is inert: its use is refused, and it is
/// never dropped there.
#[derive(Debug)]
pub(crate) struct Own<T> {
    owner: Identity,
    /// There until `into_inner`, or until a copy is dropped.
    value: Option<T>,
}

#[cold]
fn foreign() -> ! {
    panic!("this was lent to another process, which this one is a copy of; borrow it here, too")
}

impl<T> Own<T> {
    pub(crate) fn new(owner: Identity, value: T) -> Own<T> {
        Own { owner, value: Some(value) }
    }

    /// Whether this is no copy.
    pub(crate) fn is_ours(&self) -> bool {
        identity::current() == self.owner
    }

    /// # Panics
    ///
    /// In another process.
    pub(crate) fn get(&self) -> &T {
        match &self.value {
            Some(value) if self.is_ours() => value,
            _ => foreign(),
        }
    }

    /// # Panics
    ///
    /// As [`Own::get`].
    pub(crate) fn get_mut(&mut self) -> &mut T {
        let ours = self.is_ours();
        match &mut self.value {
            Some(value) if ours => value,
            _ => foreign(),
        }
    }

    /// # Panics
    ///
    /// As [`Own::get`].
    pub(crate) fn into_inner(mut self) -> T {
        match self.value.take_if(|_| identity::current() == self.owner) {
            Some(value) => value,
            None => foreign(),
        }
    }
}

impl<T> Drop for Own<T> {
    fn drop(&mut self) {
        if !self.is_ours() {
            mem::forget(self.value.take());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;

    fn other() -> Identity {
        Identity::from_raw(identity::current().raw() ^ 1 << 30).expect("an id is not 0")
    }

    #[test]
    fn a_value_is_dropped_by_its_owner_only() {
        let value = Rc::new(());
        drop(Own::new(identity::current(), Rc::clone(&value)));
        assert_eq!(Rc::strong_count(&value), 1);
        drop(Own::new(other(), Rc::clone(&value)));
        assert_eq!(Rc::strong_count(&value), 2);
    }

    #[test]
    #[should_panic(expected = "lent to another process")]
    fn a_copy_is_refused() {
        Own::new(other(), 1).into_inner();
    }
}
