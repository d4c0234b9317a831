//! The head of a message in a ring, as one word: how long it is, and where the rest of it is.
//!
//! ```text
//! length of the payload in bytes (32 bits) | flags (8 bits) | 0 (8 bits) | "mc" (16 bits)
//! ```

/// The head of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Packet {
    /// The payload's length in bytes, where it follows in the ring.
    pub(crate) length: u32,
    /// Whether descriptors belong to it; then its stamp follows, a word by which to find them.
    pub(crate) enclosed: bool,
    /// Whether the payload is in the first of these descriptors, a memory file, and not in the ring.
    pub(crate) spilled: bool,
}

/// Bytes of the head, and of the stamp.
pub(crate) const WORD: usize = 8;

const MARK: u64 = u16::from_le_bytes(*b"mc") as u64;
const ENCLOSED: u64 = 1;
const SPILLED: u64 = 2;

impl Packet {
    /// The head of a message of `length` bytes, in the ring and nothing beside it; `None` if they are too many.
    #[inline]
    pub(crate) fn plain(length: usize) -> Option<Packet> {
        Some(Packet { length: u32::try_from(length).ok()?, enclosed: false, spilled: false })
    }

    #[inline]
    pub(crate) fn encode(self) -> u64 {
        let flags = (u64::from(self.enclosed) * ENCLOSED) | (u64::from(self.spilled) * SPILLED);
        MARK << 48 | flags << 32 | u64::from(self.length)
    }

    /// The head in `word`; `None` if it is none.
    #[inline]
    pub(crate) fn decode(word: u64) -> Option<Packet> {
        let flags = word >> 32 & 0xffff;
        if word >> 48 != MARK || flags > ENCLOSED | SPILLED || flags == SPILLED {
            return None;
        }
        Some(Packet { length: word as u32, enclosed: flags & ENCLOSED != 0, spilled: flags & SPILLED != 0 })
    }

    /// How many bytes of the ring it takes with all that follows; a multiple of eight.
    #[inline]
    pub(crate) fn size(self) -> usize {
        WORD + usize::from(self.enclosed) * WORD + (self.length as usize).next_multiple_of(WORD)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encoded_is_decoded() {
        for (enclosed, spilled) in [(false, false), (true, false), (true, true)] {
            let packet = Packet { length: u32::MAX, enclosed, spilled };
            assert_eq!(Packet::decode(packet.encode()), Some(packet));
        }
    }

    #[test]
    fn fresh_memory_is_no_head() {
        assert_eq!(Packet::decode(0), None);
    }

    #[test]
    fn a_flipped_bit_beyond_the_length_is_noticed_or_makes_another_valid_head() {
        let word = Packet { length: 3, enclosed: false, spilled: false }.encode();
        let decoded = (32..64).filter(|bit| Packet::decode(word ^ 1 << bit).is_some());
        assert_eq!(decoded.collect::<Vec<_>>(), [32]);
    }

    #[test]
    fn a_size_is_of_whole_words() {
        let size = |length, enclosed| Packet { length, enclosed, spilled: false }.size();
        assert_eq!([size(0, false), size(1, false), size(8, false), size(9, true)], [8, 16, 16, 32]);
    }
}
