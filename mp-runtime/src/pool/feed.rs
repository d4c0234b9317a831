//! The way in: items are pulled from an iterator, as few as keep the workers busy, and go out in batches.

use std::any::Any;
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use serde::Serialize;

use crate::pool::batch::Batch;
use crate::pool::callback;
use crate::pool::engine::Engine;
use crate::pool::error::{TaskError, TaskErrorKind};
use crate::pool::frame::{self, Kind};
use crate::pool::job::{Delivery, JobId, Limits, Outcome};
use crate::pool::lane::PART;
use crate::pool::message::HEAD;
use crate::pool::pace::MOST_BYTES;
use crate::process::panic::{self, Panic};
use crate::wire::codec::{self, CodecError};

/// A job whose items come from an iterator.
pub(crate) struct Feed<'p, 'f, I> {
    pub(crate) engine: &'p RefCell<Engine<'f>>,
    job: JobId,
    limits: Limits,
    items: I,
    /// How many items were pulled.
    pulled: u64,
    /// How many of them have been accounted for, by [`Feed::take`] or as failed.
    accounted: u64,
    /// Whether there are no more items.
    is_over: bool,
    /// The number of items in a batch, if it is given.
    pub(crate) chunk: Option<u32>,
}

impl<'p, 'f, I: Iterator<Item: Serialize>> Feed<'p, 'f, I> {
    pub(crate) fn new(engine: &'p RefCell<Engine<'f>>, items: I) -> Self {
        let (job, limits) = {
            let mut engine = engine.borrow_mut();
            engine.settle();
            let limits = engine.settings.limits;
            (engine.open_job(limits), limits)
        };
        Feed { engine, job, limits, items, pulled: 0, accounted: 0, is_over: false, chunk: None }
    }

    pub(crate) fn pulled(&self) -> u64 {
        self.pulled
    }

    /// The items there still are, if the iterator knows.
    pub(crate) fn size_hint(&self) -> (usize, Option<usize>) {
        if self.is_over { (0, Some(0)) } else { self.items.size_hint() }
    }

    /// As many items in flight as keep the workers busy.
    pub(crate) fn usual_cap(&self) -> u64 {
        let engine = self.engine.borrow();
        let chunk = u64::from(self.chunk.unwrap_or_else(|| engine.pace.chunk()));
        let batches = engine.settings.workers * (engine.pace.depth() + 2);
        chunk.saturating_mul(batches as u64)
    }

    /// Sends what the workers have room for, less than `cap` items if there is one, and waits until there is something to
    /// [take](Feed::take); `false` when all is done. Items that cannot be sent are `failed`.
    pub(crate) fn fill(&mut self, cap: Option<u64>, mut failed: impl FnMut(TaskError)) -> bool {
        // In a copy of the process the workers' rings are not to be written to.
        self.engine.borrow_mut().settle();
        loop {
            let before = self.accounted;
            self.send(cap, &mut failed);
            if self.accounted > before || self.has_news() {
                return true;
            }
            if self.is_done() {
                return false;
            }
            self.engine.borrow_mut().drive(None);
            callback::call(self.engine);
        }
    }

    /// Whether all items have been accounted for, and there are no more.
    pub(crate) fn is_done(&self) -> bool {
        self.is_over && self.accounted == self.pulled
    }

    fn has_news(&self) -> bool {
        let mut engine = self.engine.borrow_mut();
        engine.jobs.get(self.job).is_some_and(|job| !job.inbox.is_empty())
    }

    fn send(&mut self, cap: Option<u64>, failed: &mut impl FnMut(TaskError)) {
        let mut sent = false;
        while !self.is_over && self.engine.borrow().has_room() {
            let left = cap.map_or(u64::MAX, |cap| cap.saturating_sub(self.pulled));
            if left == 0 {
                break;
            }
            sent |= self.send_batch(left, failed);
        }
        if sent {
            self.engine.borrow_mut().turn();
        }
    }

    /// Sends one batch of at most `most` items.
    fn send_batch(&mut self, most: u64, failed: &mut impl FnMut(TaskError)) -> bool {
        let size = self.batch_size(most);
        let mut message = self.engine.borrow_mut().blank();
        let first = self.pulled;
        let (mut count, mut length, mut longest) = (0, message.len(), 0);
        // The user's code: nothing is borrowed. When it panics, what is written goes out all the same.
        let written = catch_unwind(AssertUnwindSafe(|| {
            // No longer than what can be taken back, unless that is one item.
            while count < size && length < MOST_BYTES && (count == 0 || length + longest < PART) {
                let Some(item) = self.items.next() else {
                    self.is_over = true;
                    break;
                };
                self.pulled += 1;
                frame::append(&mut message, Kind::Value, |bytes| codec::append(&item, bytes))?;
                longest = longest.max(message.len() - length);
                (count, length) = (count + 1, message.len());
            }
            Ok::<(), CodecError>(())
        }));
        message.truncate(length);
        if let Ok(Err(error)) = &written {
            self.accounted += 1;
            failed(TaskError::new(self.pulled - 1, 0, TaskErrorKind::Unsent(error.to_string())));
        }
        self.dispatch(first, count, message);
        written.map_or_else(|panic| self.go_on(first + u64::from(count), panic), |_| count > 0)
    }

    fn dispatch(&self, first: u64, count: u32, message: Vec<u8>) {
        let mut engine = self.engine.borrow_mut();
        if count == 0 {
            return engine.recycle(message);
        }
        debug_assert!(message.len() > HEAD);
        engine.add(Batch { limits: self.limits, ..Batch::new(self.job, first, count, message) });
        engine.dispatch();
    }

    /// Goes on with a panic of the input, or of an item after `sent` items: whoever catches it and asks again learns which.
    #[cold]
    fn go_on(&self, sent: u64, panic: Box<dyn Any + Send>) -> ! {
        if self.pulled > sent {
            let kind = TaskErrorKind::Unsent("what writes it panicked".to_owned());
            self.engine.borrow_mut().deliver(self.job, sent, 1, Outcome::Failed(kind, 0));
        }
        resume_unwind(panic)
    }

    /// How many items the next batch is to have.
    fn batch_size(&self, most: u64) -> u32 {
        let most = u32::try_from(most).unwrap_or(u32::MAX);
        if let Some(chunk) = self.chunk {
            return chunk.min(most);
        }
        let engine = self.engine.borrow();
        let mut size = engine.pace.chunk();
        let share = |items: usize| u32::try_from(items / (2 * engine.settings.workers)).unwrap_or(u32::MAX).max(1);
        // Smaller and smaller towards the end, so that all workers end at about the same time.
        if let (least, Some(items)) = self.items.size_hint()
            && least == items
        {
            size = size.min(share(items));
        }
        size.min(share(most as usize)).min(most)
    }
}

impl<I> Feed<'_, '_, I> {
    /// The next thing that has come in.
    pub(crate) fn take(&mut self) -> Option<Delivery> {
        let delivery = self.engine.borrow_mut().take(self.job)?;
        self.accounted += u64::from(delivery.count);
        Some(delivery)
    }
}

impl<I> Drop for Feed<'_, '_, I> {
    fn drop(&mut self) {
        // Borrowed only if the loop has panicked.
        if let Ok(mut engine) = self.engine.try_borrow_mut() {
            engine.settle();
            engine.close_job(self.job);
        }
    }
}

/// Hands what became of the items of a delivery to `each`, in their order.
#[inline]
pub(crate) fn read<R: serde::de::DeserializeOwned>(
    delivery: &Delivery,
    mut each: impl FnMut(u64, Result<R, TaskError>),
) {
    let Delivery { first, count, outcome } = delivery;
    match outcome {
        Outcome::Told { bytes, from } => {
            let mut items = Outcome::items(bytes, *from);
            for index in *first..*first + u64::from(*count) {
                each(index, value(index, items.next()));
            }
        }
        Outcome::Failed(kind, attempts) => {
            for index in *first..*first + u64::from(*count) {
                each(index, Err(TaskError::new(index, *attempts, kind.clone())));
            }
        }
    }
}

#[inline]
fn value<R: serde::de::DeserializeOwned>(index: u64, item: Option<(Kind, &[u8])>) -> Result<R, TaskError> {
    if let Some((Kind::Value, bytes)) = item {
        return match panic::catch(|| codec::decode(bytes)) {
            Ok(value) => value.map_err(|error| lost(index, error.to_string())),
            Err(panic) => Err(lost(index, format!("what reads it panicked: {}", panic.message()))),
        };
    }
    Err(told(index, item))
}

#[cold]
fn lost(index: u64, why: String) -> TaskError {
    TaskError::new(index, 1, TaskErrorKind::Lost(why))
}

/// Why there is no value, by the worker's account.
#[cold]
fn told(index: u64, item: Option<(Kind, &[u8])>) -> TaskError {
    use crate::pool::error::TaskStage;
    let text = |bytes: &[u8]| codec::decode(bytes).unwrap_or_else(|_| "(what it said was lost)".to_owned());
    let kind = match item {
        Some((Kind::Value, _)) | None => TaskErrorKind::Lost("it is not there".to_owned()),
        Some((Kind::Panicked, bytes)) => TaskErrorKind::Panicked(Panic::decode(bytes), TaskStage::Running),
        Some((Kind::ReadPanicked, bytes)) => TaskErrorKind::Panicked(Panic::decode(bytes), TaskStage::Reading),
        Some((Kind::WritePanicked, bytes)) => TaskErrorKind::Panicked(Panic::decode(bytes), TaskStage::Writing),
        Some((Kind::Unreadable, bytes)) => TaskErrorKind::Unreadable(text(bytes)),
        Some((Kind::Unwritable, bytes)) => TaskErrorKind::Unwritable(text(bytes)),
    };
    TaskError::new(index, 1, kind)
}
