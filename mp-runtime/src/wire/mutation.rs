//! Bytes changed at random, with a seed: bits flipped, bytes replaced, lengths blown up, ends cut off, pieces doubled.

use fastrand::Rng;

/// What all tests draw from.
pub(crate) fn seeded() -> Rng {
    Rng::with_seed(7)
}

/// Changes one to four things.
pub(crate) fn mutate(valid: &[u8], random: &mut Rng) -> Vec<u8> {
    let mut bytes = valid.to_vec();
    for _ in 0..random.usize(1..=4) {
        if bytes.is_empty() {
            bytes.push(random.u8(..));
            continue;
        }
        let at = random.usize(..bytes.len());
        match random.u8(..5) {
            0 => bytes[at] ^= 1 << random.u8(..8),
            1 => bytes[at] = [0, 1, 0x7f, 0x80, 0xff][random.usize(..5)],
            2 => bytes[at..].iter_mut().take(9).for_each(|byte| *byte = 0xff),
            3 => bytes.truncate(at),
            _ => bytes.extend_from_within(at..),
        }
    }
    bytes
}
