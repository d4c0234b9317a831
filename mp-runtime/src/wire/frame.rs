//! The head of a report: what a child says of itself, in 32 bytes at the start of its report memory.
//!
//! ```text
//! 0      4       5        8             16            24            32
//! | magic | state | unused | payload len | run time ns | checksum    |
//! ```

use std::time::Duration;

/// How far a child got, by its own account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// It is about to call the process function.
    Began = 1,
    /// The function returned; the payload is its value.
    Returned = 2,
    /// The function returned an `Err`; the payload is what it says.
    Failed = 3,
    /// The function panicked; the payload tells about it.
    Panicked = 4,
    /// A panic that nothing can catch is about to abort the process; the payload tells about it.
    Aborting = 5,
    /// The stack is used up.
    Overflowed = 6,
    /// A step before the function failed; the payload says which.
    NotStarted = 7,
}

impl State {
    const ALL: [State; 7] = [
        State::Began,
        State::Returned,
        State::Failed,
        State::Panicked,
        State::Aborting,
        State::Overflowed,
        State::NotStarted,
    ];
}

/// The head of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) state: State,
    /// The payload's length in bytes; it starts at [`Head::SIZE`].
    pub(crate) length: u64,
    /// How long the process had run when it wrote this.
    pub(crate) run_time: Duration,
}

impl Head {
    /// The size of an encoded head in bytes.
    pub(crate) const SIZE: usize = 32;

    const MAGIC: u32 = u32::from_le_bytes(*b"mpr1");

    pub(crate) fn encode(self) -> [u8; Head::SIZE] {
        let mut bytes = [0; Head::SIZE];
        bytes[0..4].copy_from_slice(&Head::MAGIC.to_le_bytes());
        bytes[4] = self.state as u8;
        bytes[8..16].copy_from_slice(&self.length.to_le_bytes());
        let nanos = u64::try_from(self.run_time.as_nanos()).unwrap_or(u64::MAX);
        bytes[16..24].copy_from_slice(&nanos.to_le_bytes());
        let sum = checksum(&bytes[..24]);
        bytes[24..32].copy_from_slice(&sum.to_le_bytes());
        bytes
    }

    /// The head in `bytes`; `None` when they are not one, whole and unharmed.
    pub(crate) fn decode(bytes: &[u8; Head::SIZE]) -> Option<Head> {
        let word = |at: usize| u64::from_le_bytes(std::array::from_fn(|i| bytes[at + i]));
        let magic = u32::from_le_bytes(std::array::from_fn(|i| bytes[i]));
        if magic != Head::MAGIC || word(24) != checksum(&bytes[..24]) {
            return None;
        }
        let state = State::ALL.into_iter().find(|state| *state as u8 == bytes[4])?;
        Some(Head { state, length: word(8), run_time: Duration::from_nanos(word(16)) })
    }
}

/// FNV-1a: finds a torn or overwritten head; it is no defence against an adversary.
fn checksum(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |sum, byte| (sum ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encoded_is_decoded() {
        for state in State::ALL {
            let head = Head { state, length: u64::MAX, run_time: Duration::from_nanos(7_000_000_001) };
            assert_eq!(Head::decode(&head.encode()), Some(head));
        }
    }

    #[test]
    fn any_flipped_bit_is_found() {
        let whole = Head { state: State::Returned, length: 3, run_time: Duration::ZERO }.encode();
        for bit in 0..whole.len() * 8 {
            let mut harmed = whole;
            harmed[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(Head::decode(&harmed), None, "bit {bit}");
        }
    }

    #[test]
    fn an_empty_report_has_no_head() {
        assert_eq!(Head::decode(&[0; Head::SIZE]), None);
    }
}
