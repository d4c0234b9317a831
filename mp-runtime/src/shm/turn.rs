//! Turns: one process at a time, and none can keep its turn by dying.
//!
//! A word names the process whose turn it is; 0 is nobody. A turn is taken from nobody, or from a process that has
//! ended, by replacing exactly that name. No other process ever has the same name, so nobody takes a turn from the living.
//!
//! What is done in a turn must become visible to others by a single store: then there is nothing to repair.

use crate::shm::memory::Word;

/// What to do about a turn that is another's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Try again.
    Again,
    /// The process has ended: take it over.
    Ended,
    /// Give up.
    Enough,
}

/// A turn, until it is dropped.
#[derive(Debug)]
pub(crate) struct Turn<'a, W: Word>(&'a W);

impl<'a, W: Word> Turn<'a, W> {
    /// Takes the turn for `me`. `hindered` is asked, with the name of the process whose turn it is.
    #[inline]
    pub(crate) fn take(word: &'a W, me: u64, mut hindered: impl FnMut(u64) -> Verdict) -> Option<Turn<'a, W>> {
        if word.replace(0, me).is_ok() {
            return Some(Turn(word));
        }
        loop {
            let before = match word.get() {
                0 => 0,
                other => match hindered(other) {
                    Verdict::Again => continue,
                    Verdict::Ended => other,
                    Verdict::Enough => return None,
                },
            };
            if word.replace(before, me).is_ok() {
                return Some(Turn(word));
            }
        }
    }
}

impl<W: Word> Drop for Turn<'_, W> {
    #[inline]
    fn drop(&mut self) {
        self.0.set(0);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU64;

    use super::*;

    #[test]
    fn a_turn_is_taken_by_one_and_given_back() {
        let word = AtomicU64::new(0);
        let turn = Turn::take(&word, 7, |_| Verdict::Enough).expect("nobody has it");
        assert!(Turn::take(&word, 8, |holder| if holder == 7 { Verdict::Enough } else { Verdict::Again }).is_none());
        drop(turn);
        assert!(Turn::take(&word, 8, |_| Verdict::Enough).is_some());
    }

    #[test]
    fn a_turn_of_the_dead_is_taken_over() {
        let word = AtomicU64::new(7);
        drop(Turn::take(&word, 8, |_| Verdict::Ended).expect("its holder has ended"));
        assert_eq!(word.get(), 0);
    }
}
