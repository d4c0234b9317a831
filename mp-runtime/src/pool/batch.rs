//! Items on their way through a pool: those that a worker gets at once.

use crate::pool::frame::Frames;
use crate::pool::job::{JobId, Limits};
use crate::pool::lane::PART;
use crate::pool::message::{self, HEAD, Head};

/// Consecutive items of a job.
#[derive(Debug)]
pub(crate) struct Batch {
    pub(crate) job: JobId,
    /// The number of its first item in the job.
    pub(crate) first: u64,
    pub(crate) count: u32,
    /// How many of them, from the first on, have a result here.
    pub(crate) done: u32,
    /// How often a worker has begun with them before.
    pub(crate) attempts: u32,
    /// What holds for its items, whether somebody waits for them or not.
    pub(crate) limits: Limits,
    /// What its worker knows it by.
    pub(crate) number: u32,
    /// The whole message to the worker, as [`Lane::send`](crate::pool::lane::Lane::send) wants it.
    pub(crate) message: Vec<u8>,
}

impl Batch {
    /// A batch of `count` items in `message`, which has room for the head.
    pub(crate) fn new(job: JobId, first: u64, count: u32, mut message: Vec<u8>) -> Batch {
        message.push(0);
        Batch { job, first, count, done: 0, attempts: 0, limits: Limits::default(), number: 0, message }
    }

    /// Gives it the number by which its worker is to know it; `nanos` as in [`Head`].
    pub(crate) fn address(&mut self, number: u32, nanos: u64) {
        self.number = number;
        let head = Head { kind: message::Kind::Batch, batch: number, count: self.count, first: self.first, nanos };
        head.write(&mut self.message);
    }

    /// Whether it goes in parts, so that it is not to be had back.
    pub(crate) fn is_long(&self) -> bool {
        self.message.len() > PART
    }

    /// Some of its items, from the item `from` on, as a batch that was not sent yet.
    pub(crate) fn part(&self, from: u32, count: u32) -> Batch {
        let items = self.message.get(HEAD..self.message.len() - 1).unwrap_or_default();
        let begin = Frames(items).skip_items(from);
        let length = Frames(&items[begin..]).skip_items(count);
        let mut message = vec![0; HEAD];
        message.extend_from_slice(&items[begin..begin + length]);
        let Batch { attempts, limits, .. } = *self;
        Batch { attempts, limits, ..Batch::new(self.job, self.first + u64::from(from), count, message) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pool::frame::{self, Kind};

    #[test]
    fn part_has_its_own_items() {
        let mut message = vec![0; HEAD];
        for item in [b"a", b"b", b"c"] {
            let write = |bytes: &mut Vec<u8>| {
                bytes.extend_from_slice(item);
                Ok(())
            };
            frame::append(&mut message, Kind::Value, write).expect("nothing fails");
        }
        let batch = Batch::new(JobId::default(), 10, 3, message);
        let part = batch.part(1, 1);
        assert_eq!((part.first, part.count), (11, 1));
        let items = Frames(&part.message[HEAD..part.message.len() - 1]);
        assert_eq!(items.collect::<Vec<_>>(), [(Kind::Value, &b"b"[..])]);
    }
}
