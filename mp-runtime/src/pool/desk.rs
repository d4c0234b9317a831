//! The worker's side: takes batches, works on them, sends what became of the items.

use std::mem;
use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

use crate::pool::frame::{self, Kind};
use crate::pool::lane::{Lane, Received};
use crate::pool::message::{self, HEAD, Head, TIMED};
use crate::pool::overdue;
use crate::pool::shared::Shared;
use crate::pool::terms::{Size, Terms};
use crate::pool::work::{Batch, Serve, Work};
use crate::process::panic::{self, Panic};
use crate::shm::draft::{Draft, Mark, NEVER, Step};
use crate::shm::roster::Side;
use crate::sys::clock;
use crate::wire::codec::{self, CodecError};

/// Of no batch: what a worker is at that leaves for want of work.
pub(crate) const NO_BATCH: u32 = 0;

/// Finished items wait until they are this many bytes, or the batch is done, and then are sent together.
const ENOUGH: usize = 16 << 10;

/// Room for these, and for one more.
pub(crate) const DRAFT: usize = 2 * ENOUGH;

/// Where a worker works: what it is at, and what it has finished and not sent.
#[derive(Debug)]
pub(crate) struct Desk<'a> {
    /// `None` in the pool's own process: then all is kept until the batch is done.
    office: Option<Office<'a>>,
    batch: u32,
    item: u32,
    step: Step,
    /// Whether to note when each item begins.
    is_timed: bool,
    /// How long each should take at most, in milliseconds; 0 if that is not said.
    soft: u64,
    size: Size,
    /// Whether it has grown too large, and is to leave.
    is_full: bool,
    /// The first item of those in `message`, and how many these are.
    first: u32,
    count: u32,
    message: Vec<u8>,
}

/// How the pool learns what is done in another process.
#[derive(Debug)]
struct Office<'a> {
    draft: &'a Draft,
    results: Lane,
}

/// What came of a batch that was worked on in the pool's own process.
#[derive(Debug)]
pub(crate) struct Done {
    /// What became of the items, from [`HEAD`] on.
    pub(crate) bytes: Vec<u8>,
    pub(crate) count: u32,
    pub(crate) nanos: u64,
    /// What was said when the state could not be made anew; then some items are left.
    pub(crate) broken: Option<Panic>,
}

/// Lives the life of a worker, until the pool lets go of it or is gone.
pub(crate) fn work(shared: &Shared, work: &dyn Work) {
    let Some(tasks) = Lane::open(&shared.tasks, Side::Receive) else { return };
    let Some(results) = Lane::open(&shared.results, Side::Send) else { return };
    let mut desk = Desk { office: Some(Office { draft: &shared.draft, results }), ..Desk::here() };
    work.prepare(&mut |server| desk.serve(&tasks, shared.terms, server));
}

impl Desk<'_> {
    /// A desk in the pool's own process.
    pub(crate) fn here() -> Self {
        let message = Vec::new();
        let step = Step::Between;
        let (size, is_full) = (Size::default(), false);
        Desk {
            office: None,
            batch: 0,
            item: 0,
            step,
            is_timed: false,
            soft: 0,
            size,
            is_full,
            first: 0,
            count: 0,
            message,
        }
    }

    /// Works on a whole message from the pool.
    pub(crate) fn work_here(&mut self, message: &[u8], server: &mut dyn Serve) -> Done {
        let begin = Instant::now();
        self.begin(0);
        let items = message.split_last().and_then(|(_, message)| Head::read(message));
        let broken = items.and_then(|(head, items)| {
            // Only what the user makes his states of can panic here.
            panic::catch(AssertUnwindSafe(|| self.work_off(&head, items, server))).err()
        });
        overdue::set(None);
        let bytes = mem::take(&mut self.message);
        Done { bytes, count: self.count, nanos: nanos(begin.elapsed()), broken }
    }

    /// Works on the items of a batch.
    fn work_off(&mut self, head: &Head, items: frame::Frames<'_>, server: &mut dyn Serve) {
        self.is_timed = head.nanos & TIMED != 0;
        self.soft = head.nanos >> 1;
        let batch = Batch { first: head.first, count: head.count, items };
        let mut start = 0;
        while start < head.count {
            let served = panic::catch(AssertUnwindSafe(|| server.serve(batch.clone(), start, self)));
            let Err(panic) = served else { break };
            self.panicked(&panic);
            start = self.item + 1;
            server.renew();
        }
    }

    /// Serves until there is nobody to serve any more.
    fn serve(&mut self, tasks: &Lane, terms: Terms, server: &mut dyn Serve) {
        if !self.send(message::Kind::Ready, 0) {
            return;
        }
        self.size = terms.size();
        let mut bytes = Vec::new();
        while tasks.wait(terms.leave()) {
            let Ok(received) = tasks.receive(&mut bytes) else { return };
            tasks.wake();
            if received == Received::Nothing {
                continue; // it was taken back
            }
            let Some((head, items)) = Head::read(&bytes) else { return };
            if received == Received::Part {
                self.expect(&head);
                continue;
            }
            let begin = Instant::now();
            self.begin(head.batch);
            self.work_off(&head, items, server);
            self.step(Step::Between);
            // Without a time the batch is not done: others get what is left of it.
            let is_done = self.first + self.count >= head.count;
            let nanos = if is_done { nanos(begin.elapsed()) } else { 0 };
            if !self.send(message::Kind::Results, nanos) || self.is_full {
                return;
            }
            bytes.clear();
        }
        // It has nothing, and is at nothing.
        self.begin(NO_BATCH);
        self.step(Step::Between);
    }

    /// Notes that it reads the first item of a batch, of which more is to come. The time until then is not the item's.
    fn expect(&mut self, head: &Head) {
        if self.batch != head.batch {
            self.begin(head.batch);
            self.is_timed = head.nanos & TIMED != 0;
            self.count_from(NEVER);
            self.step(Step::Reading);
        }
    }

    fn begin(&mut self, batch: u32) {
        self.batch = batch;
        (self.item, self.first, self.count) = (0, 0, 0);
        Head::reserve(&mut self.message);
        if let Some(office) = &self.office {
            office.draft.begin(batch, 0);
        }
    }

    /// Notes that work on `item` begins.
    #[inline]
    pub(crate) fn at(&mut self, item: u32, step: Step) {
        self.item = item;
        if self.is_timed {
            self.stamp();
        }
        self.step(step);
    }

    fn stamp(&self) {
        let now = clock::coarse();
        if let Some(office) = &self.office {
            office.draft.stamp(now);
        }
        overdue::set((self.soft > 0).then(|| now + self.soft));
    }

    /// Notes from when on it is at what it is at: `NEVER` while it waits for the pool, for that time is not the item's. Ends with the next
    /// [`stamp`](Desk::stamp).
    fn count_from(&self, since: u64) {
        if let Some(office) = self.office.as_ref().filter(|_| self.is_timed) {
            office.draft.stamp(since);
        }
    }

    /// Whether it is to leave, and should not begin with another item.
    #[inline]
    pub(crate) fn is_full(&self) -> bool {
        self.is_full
    }

    /// Notes how far it is.
    #[inline]
    pub(crate) fn step(&mut self, step: Step) {
        self.step = step;
        if let Some(office) = &self.office {
            office.draft.mark(Mark { batch: self.batch, item: self.item, step });
        }
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
    fn panicked(&mut self, panic: &Panic) {
        if self.item < self.first + self.count {
            return;
        }
        // What a write has left behind when it panicked.
        let whole = frame::Frames(&self.message[HEAD..]).skip_items(self.count);
        self.message.truncate(HEAD + whole);
        let kind = match self.step {
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
        let Some(office) = &self.office else { return };
        let kept = office.draft.add(&self.message[at..]);
        self.is_full |= self.size.is_exceeded();
        if !kept || self.message.len() >= ENOUGH {
            // Without a reader it ends at the next batch, or right now by its death signal.
            let _ = self.send(message::Kind::Results, 0);
            // What comes before the next item has the time of one.
            self.count_from(clock::coarse());
        }
    }

    /// Sends what is finished; `false` when the pool is gone.
    fn send(&mut self, kind: message::Kind, nanos: u64) -> bool {
        let Some(office) = &self.office else { return true };
        if self.message.is_empty() {
            Head::reserve(&mut self.message);
        }
        let head = Head { kind, batch: self.batch, count: self.count, first: self.first.into(), nanos };
        head.write(&mut self.message);
        self.message.push(0);
        self.count_from(NEVER);
        let sent = office.results.send_all(&mut self.message);
        self.first += self.count;
        self.count = 0;
        office.draft.begin(self.batch, self.first);
        Head::reserve(&mut self.message);
        sent
    }
}

/// A time that is not taken for none.
fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX).max(1)
}
