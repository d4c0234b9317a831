//! Items in a row of bytes: each with its length and what it is, in a word before it.

use crate::wire::codec::CodecError;

/// What an item is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A value: an argument, or a result.
    Value = 0,
    /// What the function said when it panicked.
    Panicked = 1,
    /// Why the argument could not be read.
    Unreadable = 2,
    /// Why the value could not be written.
    Unwritable = 3,
    /// What the argument said when it panicked being read.
    ReadPanicked = 4,
    /// What the value said when it panicked being written.
    WritePanicked = 5,
}

const KINDS: [Kind; 6] =
    [Kind::Value, Kind::Panicked, Kind::Unreadable, Kind::Unwritable, Kind::ReadPanicked, Kind::WritePanicked];
const WORD: usize = size_of::<u64>();
const LENGTH: u64 = (1 << 56) - 1;

/// Appends an item that `write` writes; nothing when that fails.
#[inline]
pub(crate) fn append(
    bytes: &mut Vec<u8>,
    kind: Kind,
    write: impl FnOnce(&mut Vec<u8>) -> Result<(), CodecError>,
) -> Result<(), CodecError> {
    let at = bytes.len();
    bytes.extend_from_slice(&[0; WORD]);
    let written = write(bytes);
    if written.is_err() {
        bytes.truncate(at);
        return written;
    }
    let word = (kind as u64) << 56 | (bytes.len() - at - WORD) as u64;
    bytes[at..at + WORD].copy_from_slice(&word.to_le_bytes());
    Ok(())
}

/// The items in some bytes. Ends at the first that is none.
#[derive(Debug, Clone)]
pub(crate) struct Frames<'a>(pub(crate) &'a [u8]);

impl<'a> Iterator for Frames<'a> {
    type Item = (Kind, &'a [u8]);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let (word, rest) = self.0.split_first_chunk::<WORD>()?;
        let word = u64::from_le_bytes(*word);
        let kind = *KINDS.get((word >> 56) as usize)?;
        let (item, rest) = rest.split_at_checked((word & LENGTH) as usize)?;
        self.0 = rest;
        Some((kind, item))
    }
}

impl Frames<'_> {
    /// Passes over `count` items; how many bytes those were.
    pub(crate) fn skip_items(&mut self, count: u32) -> usize {
        let before = self.0.len();
        (0..count).try_for_each(|_| self.next().map(drop));
        before - self.0.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(bytes: &mut Vec<u8>, kind: Kind, item: &[u8]) {
        let write = |bytes: &mut Vec<u8>| {
            bytes.extend_from_slice(item);
            Ok(())
        };
        append(bytes, kind, write).expect("nothing fails");
    }

    #[test]
    fn items_are_read_as_they_were_written() {
        let mut bytes = Vec::new();
        for kind in KINDS {
            put(&mut bytes, kind, b"lucky");
        }
        put(&mut bytes, Kind::Value, b"");
        let read: Vec<_> = Frames(&bytes).collect();
        assert_eq!(read[..6], KINDS.map(|kind| (kind, &b"lucky"[..])));
        assert_eq!(read[6], (Kind::Value, &b""[..]));
    }

    #[test]
    fn truncated_items_are_none() {
        let mut bytes = Vec::new();
        put(&mut bytes, Kind::Value, b"lucky");
        for length in 0..bytes.len() {
            assert_eq!(Frames(&bytes[..length]).next(), None);
        }
    }

    #[test]
    fn items_can_be_passed_over() {
        let mut bytes = Vec::new();
        put(&mut bytes, Kind::Value, b"a");
        put(&mut bytes, Kind::Value, b"man");
        let mut frames = Frames(&bytes);
        assert_eq!(frames.skip_items(1), 9);
        assert_eq!(frames.next(), Some((Kind::Value, &b"man"[..])));
    }
}
