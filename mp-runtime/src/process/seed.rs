//! Where random numbers begin: nowhere twice, unless the user says so.

use std::hash::{BuildHasher, RandomState};

/// A seed from the kernel's randomness, by way of std's hashers.
pub(crate) fn random() -> u64 {
    RandomState::new().hash_one(0)
}

/// Makes the hash maps that come differ from those of a copy of this thread: std adds one to the keys of a thread for each
/// hasher that is made.
#[inline(always)] // see `sys::near`
pub(crate) fn turn_hash_keys(times: u64) {
    for _ in 0..times {
        let _ = RandomState::new();
    }
}

/// How often to [turn the hash keys](turn_hash_keys) for child `number`, counted from 0: in the thread that forks it, before, and in the
/// child itself. So its keys are those of no other.
///
/// The thread that is `alone` in its process does it once in so many children: the page that its keys lie in is a fault to it.
/// A child has a copy of that page anyway, for its thread's id is in there.
pub(crate) fn turns(number: u64, alone: bool) -> (u64, u64) {
    const ROW: u64 = 16;
    match number % ROW {
        in_row if alone => (if in_row == 0 { ROW } else { 0 }, in_row),
        _ => (ROW, 0),
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
            let (mut parents, mut latest) = (0, None);
            for number in 0..100 {
                let (before, after) = turns(number, number % 4 < lonely);
                parents += before;
                assert!(latest < Some(parents + after), "child {number} of a thread that is alone for {lonely} in 4");
                latest = Some(parents + after);
            }
        }
    }

    #[test]
    fn seeds_are_not_the_same_in_the_next_run() {
        assert_ne!(random(), random());
    }
}
