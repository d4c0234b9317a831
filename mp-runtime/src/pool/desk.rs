//! The worker's side: takes batches, works on them, sends what became of the items.

use std::mem;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::time::Instant;

use crate::ipc::link::Link;
use crate::pool::frame::{self, Kind};
use crate::pool::lane::{Lane, Received};
use crate::pool::message::{self, HEAD, Head, TIMED};
use crate::pool::work::{Batch, Serve, Work};
use crate::process::panic as panics;
use crate::shm::draft::{Draft, Mark, Step};
use crate::shm::roster::Side;
use crate::sys::clock;
use crate::wire::codec::{self, CodecError};

/// What a pool and one of its workers share, made before the fork.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) tasks: Arc<Link>,
    pub(crate) results: Arc<Link>,
    pub(crate) draft: Draft,
}

/// Finished items wait until they are this many bytes, or the batch is done, and then are sent together.
const ENOUGH: usize = 16 << 10;

/// Room for these, and for one more.
pub(crate) const DRAFT: usize = 2 * ENOUGH;

/// Where a worker works: what it is at, and what it has finished and not sent.
#[derive(Debug)]
pub(crate) struct Desk<'a> {
    shared: &'a Shared,
    results: Lane,
    batch: u32,
    item: u32,
    /// Whether to note when each item begins.
    is_timed: bool,
    /// The first item of those in `message`, and how many these are.
    first: u32,
    count: u32,
    message: Vec<u8>,
}

/// Lives the life of a worker, until the pool lets go of it or is gone.
pub(crate) fn work(shared: &Shared, work: &dyn Work) {
    let Some(tasks) = Lane::open(&shared.tasks, Side::Receive) else { return };
    let Some(results) = Lane::open(&shared.results, Side::Send) else { return };
    let mut desk =
        Desk { shared, results, batch: 0, item: 0, is_timed: false, first: 0, count: 0, message: Vec::new() };
    work.prepare(&mut |server| desk.serve(&tasks, server));
}

impl Desk<'_> {
    /// Serves until there is nobody to serve any more.
    fn serve(&mut self, tasks: &Lane, server: &mut dyn Serve) {
        if !self.send(message::Kind::Ready, 0) {
            return;
        }
        let mut bytes = Vec::new();
        while tasks.wait() {
            let Ok(received) = tasks.receive(&mut bytes) else { return };
            tasks.wake();
            if received != Received::Whole {
                continue;
            }
            let Some((head, items)) = Head::read(&bytes) else { return };
            let begin = Instant::now();
            self.begin(head.batch);
            self.is_timed = head.nanos == TIMED;
            let batch = Batch { first: head.first, count: head.count, items };
            let mut start = 0;
            while start < head.count {
                let served = panic::catch_unwind(AssertUnwindSafe(|| server.serve(batch.clone(), start, self)));
                let Err(payload) = served else { break };
                self.panicked(panics::caught(&*payload));
                // Its destructor could panic again, with nobody left to catch it.
                mem::forget(payload);
                start = self.item + 1;
                server.renew();
            }
            self.step(Step::Between);
            let nanos = u64::try_from(begin.elapsed().as_nanos()).unwrap_or(u64::MAX).max(1);
            if !self.send(message::Kind::Results, nanos) {
                return;
            }
            bytes.clear();
        }
    }

    fn begin(&mut self, batch: u32) {
        self.batch = batch;
        (self.item, self.first, self.count) = (0, 0, 0);
        Head::reserve(&mut self.message);
        self.shared.draft.begin(batch, 0);
    }

    /// Notes that work on `item` begins.
    #[inline]
    pub(crate) fn at(&mut self, item: u32, step: Step) {
        self.item = item;
        if self.is_timed {
            self.shared.draft.stamp(clock::coarse());
        }
        self.step(step);
    }

    /// Notes how far it is.
    #[inline]
    pub(crate) fn step(&mut self, step: Step) {
        self.shared.draft.mark(Mark { batch: self.batch, item: self.item, step });
    }

    /// Finishes the item with the value that `write` writes.
    #[inline]
    pub(crate) fn give(&mut self, write: impl FnOnce(&mut Vec<u8>) -> Result<(), CodecError>) {
        let at = self.message.len();
        match frame::append(&mut self.message, Kind::Value, write) {
            Ok(()) => self.finish(at),
            Err(error) => self.refuse(Kind::Unwritable, &error.to_string()),
        }
    }

    /// Finishes the item with the reason why there is no value.
    pub(crate) fn refuse(&mut self, kind: Kind, why: &str) {
        let at = self.message.len();
        // A string always encodes.
        let _ = frame::append(&mut self.message, kind, |bytes| codec::append(why, bytes));
        self.finish(at);
    }

    /// Finishes the item by a panic; not if that came from the drop of its value, after it had been finished.
    fn panicked(&mut self, panic: panics::Panic) {
        if self.item < self.first + self.count {
            return;
        }
        // What a write has left behind when it panicked.
        let whole = frame::Frames(&self.message[HEAD..]).skip_items(self.count);
        self.message.truncate(HEAD + whole);
        let kind = match self.shared.draft.read_mark().step {
            Step::Reading => Kind::ReadPanicked,
            Step::Writing => Kind::WritePanicked,
            Step::Running | Step::Between => Kind::Panicked,
        };
        let at = self.message.len();
        // As above.
        let _ = frame::append(&mut self.message, kind, |bytes| {
            panic.encode(bytes);
            Ok(())
        });
        self.finish(at);
    }

    #[inline]
    fn finish(&mut self, at: usize) {
        self.count += 1;
        let kept = self.shared.draft.add(&self.message[at..]);
        if !kept || self.message.len() >= ENOUGH {
            // Without a reader it ends at the next batch, or right now by its death signal.
            let _ = self.send(message::Kind::Results, 0);
        }
    }

    /// Sends what is finished; `false` when the pool is gone.
    fn send(&mut self, kind: message::Kind, nanos: u64) -> bool {
        if self.message.is_empty() {
            Head::reserve(&mut self.message);
        }
        let head = Head { kind, batch: self.batch, count: self.count, first: self.first.into(), nanos };
        head.write(&mut self.message);
        self.message.push(0);
        let sent = self.results.send_all(&mut self.message);
        self.first += self.count;
        self.count = 0;
        self.shared.draft.begin(self.batch, self.first);
        Head::reserve(&mut self.message);
        sent
    }
}
