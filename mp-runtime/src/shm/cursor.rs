//! A place in a ring.

/// How far a ring has been written or read: in bytes and in messages, both in one word, so that no process can leave
/// one of them behind.
///
/// Both wrap around; differences are right as long as they are smaller than the whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cursor(u64);

/// Bits for the place, which is counted in words of eight bytes.
const PLACE: u32 = 40;
const PLACES: u64 = (1 << PLACE) - 1;
const COUNTS: u64 = (1 << (64 - PLACE)) - 1;

impl Cursor {
    /// More messages than this cannot be told apart from fewer.
    pub(crate) const MOST_MESSAGES: usize = (COUNTS / 2) as usize;

    #[inline]
    pub(crate) fn from_raw(raw: u64) -> Cursor {
        Cursor(raw)
    }

    #[inline]
    pub(crate) fn raw(self) -> u64 {
        self.0
    }

    /// Where in a ring of `size` bytes, a power of two, it stands.
    #[inline]
    pub(crate) fn offset(self, size: usize) -> usize {
        ((self.0 & PLACES) << 3) as usize & (size - 1)
    }

    /// The place behind a message of `bytes` bytes, a multiple of eight.
    #[inline]
    pub(crate) fn after(self, bytes: usize) -> Cursor {
        let place = (self.0 & PLACES).wrapping_add(bytes as u64 >> 3) & PLACES;
        let count = (self.0 >> PLACE).wrapping_add(1) & COUNTS;
        Cursor(count << PLACE | place)
    }

    /// How many bytes lie between `earlier` and this.
    #[inline]
    pub(crate) fn bytes_since(self, earlier: Cursor) -> usize {
        (((self.0 & PLACES).wrapping_sub(earlier.0 & PLACES) & PLACES) << 3) as usize
    }

    /// How many messages lie between `earlier` and this.
    #[inline]
    pub(crate) fn messages_since(self, earlier: Cursor) -> usize {
        ((self.0 >> PLACE).wrapping_sub(earlier.0 >> PLACE) & COUNTS) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_counts_bytes_and_messages() {
        let begin = Cursor::from_raw(0);
        let end = begin.after(16).after(24);
        assert_eq!((end.bytes_since(begin), end.messages_since(begin), end.offset(32)), (40, 2, 8));
    }

    #[test]
    fn a_cursor_that_has_wrapped_around_still_measures() {
        let begin = Cursor::from_raw(u64::MAX);
        let end = begin.after(16);
        assert_eq!((end.bytes_since(begin), end.messages_since(begin)), (16, 1));
        assert_eq!(end.raw(), 1);
    }
}
