//! What a pool and its workers send each other: a head, items, and a byte for the lane.
//!
//! A message is built in one buffer, its head written last into the room left for it.

use crate::pool::frame::Frames;

/// What a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// To a worker: items to work on.
    Batch = 1,
    /// From a worker: it is prepared.
    Ready = 2,
    /// From a worker: what became of items, some or the rest of a batch.
    Results = 3,
}

/// The head of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) kind: Kind,
    /// The number of the batch: each that a worker gets has another.
    pub(crate) batch: u32,
    /// How many items there are.
    pub(crate) count: u32,
    /// The number of the first: in its job for a batch, in the batch for results.
    pub(crate) first: u64,
    /// How long the worker was at the batch, in nanoseconds; 0 while it is. To a worker: [`TIMED`] if it is to note when it
    /// begins with each item, and, above that bit, the soft limit of each in milliseconds.
    pub(crate) nanos: u64,
}

/// See [`Head::nanos`].
pub(crate) const TIMED: u64 = 1;

/// Bytes of a head.
pub(crate) const HEAD: usize = 25;

impl Head {
    /// Makes `bytes` an empty message.
    #[inline]
    pub(crate) fn reserve(bytes: &mut Vec<u8>) {
        bytes.clear();
        bytes.extend_from_slice(&[0; HEAD]);
    }

    /// Writes the head into its place in a message.
    #[inline]
    pub(crate) fn write(self, message: &mut [u8]) {
        message[0] = self.kind as u8;
        message[1..5].copy_from_slice(&self.batch.to_le_bytes());
        message[5..9].copy_from_slice(&self.count.to_le_bytes());
        message[9..17].copy_from_slice(&self.first.to_le_bytes());
        message[17..25].copy_from_slice(&self.nanos.to_le_bytes());
    }

    /// The head of a message and its items; `None` if it is none.
    #[inline]
    pub(crate) fn read(message: &[u8]) -> Option<(Head, Frames<'_>)> {
        let (head, items) = message.split_first_chunk::<HEAD>()?;
        let kind = [Kind::Batch, Kind::Ready, Kind::Results].into_iter().find(|kind| *kind as u8 == head[0])?;
        let (batch, rest) = head[1..].split_first_chunk()?;
        let (count, rest) = rest.split_first_chunk()?;
        let (first, rest) = rest.split_first_chunk()?;
        let (nanos, _) = rest.split_first_chunk()?;
        let head = Head {
            kind,
            batch: u32::from_le_bytes(*batch),
            count: u32::from_le_bytes(*count),
            first: u64::from_le_bytes(*first),
            nanos: u64::from_le_bytes(*nanos),
        };
        Some((head, Frames(items)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let head = Head { kind: Kind::Results, batch: 7, count: u32::MAX, first: u64::MAX, nanos: 1 };
        let mut message = Vec::new();
        Head::reserve(&mut message);
        message.push(9);
        head.write(&mut message);
        let (read, items) = Head::read(&message).expect("it is a message");
        assert_eq!((read, items.0), (head, &[9][..]));
    }

    #[test]
    fn fresh_memory_is_no_message() {
        assert!(Head::read(&[0; HEAD]).is_none());
    }
}
