//! Bytes changed at random, with a seed: bits flipped, bytes replaced, lengths blown up, ends cut off, pieces doubled.

/// Xorshift: the same changes in every run.
#[derive(Debug)]
pub(crate) struct Random(pub(crate) u64);

/// What all tests begin with.
pub(crate) const SEED: u64 = 0x9e37_79b9_7f4a_7c15;

impl Random {
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end.max(1) as u64) as usize
    }

    /// Changes one to four things.
    pub(crate) fn mutate(&mut self, valid: &[u8]) -> Vec<u8> {
        let mut bytes = valid.to_vec();
        for _ in 0..=self.below(4) {
            let at = self.below(bytes.len());
            match self.below(5) {
                _ if bytes.is_empty() => bytes.push(self.below(256) as u8),
                0 => bytes[at] ^= 1 << self.below(8),
                1 => bytes[at] = [0, 1, 0x7f, 0x80, 0xff][self.below(5)],
                2 => bytes[at..].iter_mut().take(9).for_each(|byte| *byte = 0xff),
                3 => bytes.truncate(at),
                _ => bytes.extend_from_within(at..),
            }
        }
        bytes
    }
}
