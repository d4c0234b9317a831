//! Where random numbers begin: nowhere twice, unless the user says so.

use std::hash::{BuildHasher, RandomState};

/// A seed from the kernel's randomness, by way of std's hashers.
pub(crate) fn random() -> u64 {
    RandomState::new().hash_one(0)
}

/// Makes the hash maps that come differ from those of a copy of this thread: std adds one to the keys of a thread for each
/// hasher that is made.
#[inline(always)] // see `sys::near`
pub(crate) fn turn_hash_keys(times: u8) {
    for _ in 0..times {
        let _ = RandomState::new();
    }
}

/// How often the hash keys are [turned](turn_hash_keys) for the children of a process that it forks itself, so that the first hash map
/// of a child has the keys of no other child's first.
///
/// The thread that is alone in its process turns its own once in a row of children: the page that they lie in is a fault to it. A
/// child has a copy of that page anyway, for its thread's id is in there.
#[derive(Debug)]
pub(crate) struct Turns {
    /// How many of the row there have been; 0 between two rows.
    in_row: u8,
}

impl Turns {
    const ROW: u8 = 16;

    pub(crate) const fn none() -> Turns {
        Turns { in_row: 0 }
    }

    /// For the next child of a thread, which may be `alone` in its process: in that thread, before the fork, and in the child.
    pub(crate) fn next(&mut self, alone: bool) -> (u8, u8) {
        let in_row = self.in_row;
        if !alone {
            // The next may be another thread's, whose keys are others.
            self.in_row = 0;
            return (Turns::ROW, 0);
        }
        self.in_row = (in_row + 1) % Turns::ROW;
        (if in_row == 0 { Turns::ROW } else { 0 }, in_row)
    }
}

/// The seed of number `index` in the row of `seed`: splitmix64.
pub(crate) fn mixed(seed: u64, index: u64) -> u64 {
    let mut mixed = seed.wrapping_add(index.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_of_seeds_has_none_twice() {
        let mut row: Vec<u64> = (0..1000).map(|index| mixed(7, index)).collect();
        row.sort_unstable();
        row.dedup();
        assert_eq!(row.len(), 1000);
    }

    #[test]
    fn keys_that_are_turned_are_those_of_no_child_before() {
        for lonely in 0..=4 {
            let (mut turns, mut parents, mut latest) = (Turns::none(), 0, None);
            for number in 0..100 {
                let (before, after) = turns.next(number % 4 < lonely);
                parents += u32::from(before);
                assert!(latest < Some(parents + u32::from(after)), "child {number}, alone {lonely} in 4");
                latest = Some(parents + u32::from(after));
            }
        }
    }

    #[test]
    fn a_row_goes_on_in_the_keys_of_one_thread_only() {
        let mut turns = Turns::none();
        assert_eq!(
            [true, true, false, true, true].map(|alone| turns.next(alone)),
            [(16, 0), (0, 1), (16, 0), (16, 0), (0, 1)]
        );
    }

    #[test]
    fn seeds_are_not_the_same_in_the_next_run() {
        assert_ne!(random(), random());
    }
}
