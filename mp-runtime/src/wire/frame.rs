//! The head of a report: what a child says of itself, in words that it shares with its parent.
//!
//! ```text
//! word 0   generation (32 bits) | "mp" (16 bits) | state (16 bits)
//! word 1   length of the payload in bytes
//! word 2   run time in nanoseconds
//! ```
//!
//! Words 1 and 2 are stored before word 0: whoever reads a state reads what belongs to it. Killed at any
//! instruction, a child leaves either the old state or the new one.

use std::time::Duration;

/// How far a child got, by its own account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// It is about to call the process function; with a run time, the function has called `exit`.
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
    /// The payload's length in bytes.
    pub(crate) length: u64,
    /// How long the process had run when it wrote this.
    pub(crate) run_time: Duration,
}

const MARK: u64 = u16::from_le_bytes(*b"mp") as u64;

impl Head {
    /// The words of a head in memory that is used for the `generation`th time.
    #[inline]
    pub(crate) fn encode(self, generation: u32) -> [u64; 3] {
        let stamp = u64::from(generation) << 32 | MARK << 16 | self.state as u64;
        [stamp, self.length, u64::try_from(self.run_time.as_nanos()).unwrap_or(u64::MAX)]
    }

    /// The head in `words`; `None` when there is none of this generation.
    pub(crate) fn decode(words: [u64; 3], generation: u32) -> Option<Head> {
        let [stamp, length, nanos] = words;
        let state =
            State::ALL.into_iter().find(|state| stamp == u64::from(generation) << 32 | MARK << 16 | *state as u64)?;
        Some(Head { state, length, run_time: Duration::from_nanos(nanos) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encoded_is_decoded() {
        for state in State::ALL {
            let head = Head { state, length: u64::MAX, run_time: Duration::from_nanos(7_000_000_001) };
            assert_eq!(Head::decode(head.encode(3), 3), Some(head));
        }
    }

    #[test]
    fn a_head_of_another_generation_is_none() {
        let head = Head { state: State::Returned, length: 3, run_time: Duration::ZERO };
        assert_eq!(Head::decode(head.encode(3), 4), None);
    }

    #[test]
    fn a_flipped_bit_makes_no_other_state_of_a_stamp_unless_it_is_in_the_state() {
        let words = Head { state: State::Began, length: 0, run_time: Duration::ZERO }.encode(1);
        for bit in 3..64 {
            assert_eq!(Head::decode([words[0] ^ 1 << bit, 0, 0], 1), None, "bit {bit}");
        }
    }

    #[test]
    fn fresh_memory_has_no_head() {
        assert_eq!(Head::decode([0; 3], 0), None);
    }
}
