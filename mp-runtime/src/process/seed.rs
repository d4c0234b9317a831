//! Where random numbers begin: nowhere twice, unless the user says so.

use std::hash::{BuildHasher, RandomState};

/// A seed from the kernel's randomness, by way of std's hashers.
pub(crate) fn random() -> u64 {
    RandomState::new().hash_one(0)
}

/// Makes the hash maps of the next child differ from those of the one before, though both inherit the keys of the thread
/// that forks them: std adds one to these for each hasher that is made.
pub(crate) fn turn_hash_keys() {
    let _ = RandomState::new();
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
    fn seeds_are_not_the_same_in_the_next_run() {
        assert_ne!(random(), random());
    }
}
