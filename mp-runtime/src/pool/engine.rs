//! What drives a pool: one loop, run by whoever waits for a result, over the workers' rings, their ends, and the clock.
//!
//! A pool has no thread of its own, for it forks. While nobody waits for it, its workers go on with what they have.

use std::collections::VecDeque;
use std::mem;
use std::task::Waker;
use std::time::{Duration, Instant};

use crate::ipc::spin;
use crate::pool::batch::Batch;
use crate::pool::callback::Callback;
use crate::pool::error::TaskErrorKind;
use crate::pool::job::{Delivery, JobId, Jobs, Outcome};
use crate::pool::lane::Received;
use crate::pool::local::Hands;
use crate::pool::message::{HEAD, Head, Kind};
use crate::pool::pace::Pace;
use crate::pool::pool::Shutdown;
use crate::pool::settings::Settings;
use crate::pool::stats::Slowest;
use crate::pool::trouble::PoolError;
use crate::pool::worker::Worker;
use crate::sys::clock;
use crate::sys::event::Set;
use crate::sys::identity::{self, Identity};

/// A pool without its types.
pub(crate) struct Engine<'f> {
    pub(super) hands: Hands<'f>,
    pub(super) settings: Settings,
    pub(super) set: Set,
    pub(super) workers: Vec<Worker>,
    /// What no worker has yet.
    pub(super) queue: VecDeque<Batch>,
    pub(super) jobs: Jobs<'f>,
    /// What is to be called, as soon as the engine is not borrowed any more.
    pub(super) calls: VecDeque<(Callback<'f>, Delivery)>,
    pub(super) pace: Pace,
    /// How many workers were started.
    pub(super) started: u64,
    /// How many of them took nobody's place, or that of one that had left for want of work.
    pub(super) fresh: u64,
    /// How many have left for want of work, and have not come back.
    pub(super) retired: usize,
    /// How many items have been answered.
    pub(super) items: u64,
    pub(super) slowest: Slowest,
    /// Whether items may have time limits.
    pub(super) is_timed: bool,
    /// How many of them have died in a row without getting ready.
    pub(super) fruitless: u32,
    /// Why no more workers are started.
    pub(super) trouble: Option<PoolError>,
    /// Whether the workers are being brought to their end: what they leave is cancelled then.
    pub(super) is_ending: bool,
    /// Whether something has come in since the loop began, or there is room for more.
    pub(super) has_news: bool,
    /// Those who wait for it as futures: each has to announce anew that it sleeps, when somebody takes what has come.
    pub(super) waiting: Vec<Waker>,
    /// Messages whose memory can be used again.
    spare: Vec<Vec<u8>>,
    /// When the workers' ends were looked for last, in milliseconds.
    looked: u64,
    pub(super) owner: Identity,
}

/// How often to look for ends while there is no time to sleep, in milliseconds.
const LOOK: u64 = 10;

/// Messages taken from one worker before it is another's turn.
const TURN: usize = 64;

const SPARES: usize = 256;

impl<'f> Engine<'f> {
    pub(crate) fn new(settings: Settings, hands: Hands<'f>) -> Result<Engine<'f>, PoolError> {
        let mut engine = Engine {
            hands,
            settings,
            set: Set::new()?,
            workers: Vec::new(),
            queue: VecDeque::new(),
            jobs: Jobs::default(),
            calls: VecDeque::new(),
            pace: Pace::default(),
            started: 0,
            fresh: 0,
            retired: 0,
            items: 0,
            slowest: Slowest::default(),
            is_timed: false,
            fruitless: 0,
            trouble: None,
            is_ending: false,
            has_news: false,
            waiting: Vec::new(),
            spare: Vec::new(),
            looked: 0,
            owner: identity::current(),
        };
        if !engine.is_local() {
            engine.grow().inspect_err(|_| engine.end(Shutdown::Now, None))?;
        }
        Ok(engine)
    }

    /// Waits until all workers are ready.
    pub(crate) fn prepare(&mut self) -> Result<(), PoolError> {
        self.prepare_here();
        while self.trouble.is_none() && !self.workers.iter().all(|worker| worker.is_prepared) {
            self.turn();
            if self.workers.iter().all(|worker| worker.is_prepared) {
                break;
            }
            self.rest(None);
        }
        self.trouble.clone().map_or(Ok(()), Err)
    }

    /// The next thing that has come in for a job.
    #[inline]
    pub(crate) fn take(&mut self, job: JobId) -> Option<Delivery> {
        self.jobs.get(job)?.inbox.pop_front()
    }

    /// Memory for a message.
    #[inline]
    pub(crate) fn blank(&mut self) -> Vec<u8> {
        let mut message = self.spare.pop().unwrap_or_default();
        Head::reserve(&mut message);
        message
    }

    /// Gives the memory of a message back.
    #[inline]
    pub(crate) fn recycle(&mut self, message: Vec<u8>) {
        const MOST: usize = 256 << 10;
        if self.spare.len() < SPARES && message.capacity() <= MOST {
            self.spare.push(message);
        }
    }

    /// Drives the pool until something has come in for some job, or there is room for more, or `deadline`; `false` if that
    /// came first.
    pub(crate) fn drive(&mut self, deadline: Option<Instant>) -> bool {
        self.has_news = false;
        self.settle();
        loop {
            self.turn();
            if self.has_news {
                return true;
            }
            if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                return false;
            }
            self.rest(deadline);
        }
    }

    /// Takes what has come, and gives out what there is.
    pub(crate) fn turn(&mut self) {
        if self.is_local() {
            return self.turn_here();
        }
        for at in 0..self.workers.len() {
            if self.workers[at].results.has_message() {
                self.waiting.drain(..).for_each(Waker::wake);
                self.collect(at);
            }
        }
        let now = clock::coarse();
        if now.wrapping_sub(self.looked) >= LOOK {
            self.looked = now;
            self.look(Some(Instant::now()));
        }
        self.dispatch();
    }

    /// Takes messages from a worker. They are taken one by one, so that what comes of one that is wrong is clear.
    pub(super) fn collect(&mut self, at: usize) {
        for _ in 0..TURN {
            let mut message = mem::take(&mut self.workers[at].incoming);
            if message.capacity() == 0 {
                message = self.spare.pop().unwrap_or_default();
                message.clear();
            }
            match self.workers[at].results.receive(&mut message) {
                Ok(Received::Nothing) => {
                    self.workers[at].incoming = message;
                    break;
                }
                Ok(Received::Part) => self.workers[at].incoming = message,
                Ok(Received::Whole) => self.receive(at, message),
                // Nobody but a worker gone wild writes such a thing.
                Err(_) => self.workers[at].kill(),
            }
        }
        self.workers[at].results.wake();
    }

    /// Files one message.
    fn receive(&mut self, at: usize, message: Vec<u8>) {
        let worker = &mut self.workers[at];
        let Some((head, _)) = Head::read(&message) else { return worker.kill() };
        if head.kind == Kind::Ready {
            worker.is_prepared = true;
            worker.account.prepared = Some(Instant::now());
            self.fruitless = 0;
            self.has_news = true;
            return self.recycle(message);
        }
        // Its results come in the order in which the batches went, less those that were taken back.
        let Some(batch) = worker.sent.front_mut().filter(|batch| batch.number == head.batch) else {
            return worker.kill();
        };
        let (job, first) = (batch.job, batch.first + u64::from(batch.done));
        self.items += u64::from(head.count);
        worker.account.items += u64::from(head.count);
        batch.done = batch.done.saturating_add(head.count).min(batch.count);
        // The last message of a batch says how long it took; there may be nothing else left to say.
        if head.nanos > 0
            && let Some(batch) = worker.sent.pop_front()
        {
            self.pace.note(head.nanos, batch.count);
            self.slowest.note(head.nanos, batch.count, batch.first);
            worker.account.working += Duration::from_nanos(head.nanos);
            // There is room for another, if nothing else.
            self.has_news = true;
            self.recycle(batch.message);
        }
        if head.count > 0 {
            self.deliver(job, first, head.count, Outcome::Told { bytes: message, from: HEAD });
        }
    }

    /// Puts something into the inbox of a job, if that is still open.
    #[inline]
    pub(super) fn deliver(&mut self, job: JobId, first: u64, count: u32, outcome: Outcome) {
        self.has_news = true;
        self.calls.extend(self.jobs.deliver(job, Delivery { first, count, outcome }));
    }

    /// Fails a batch, or what is left of it.
    pub(super) fn fail(&mut self, batch: &Batch, kind: TaskErrorKind) {
        let outcome = Outcome::Failed(kind, batch.attempts);
        self.deliver(batch.job, batch.first + u64::from(batch.done), batch.count - batch.done, outcome);
    }

    /// Waits until a worker has sent something or has ended, or until `deadline`, or until it is time to look after
    /// somebody. At first awake, where that is likely to be short.
    ///
    /// The order matters, as it does in [`Link::wait`](crate::ipc::link::Link::wait).
    pub(super) fn rest(&mut self, deadline: Option<Instant>) {
        if self.is_local() {
            return self.rest_here(deadline);
        }
        let wanted = |workers: &[Worker]| workers.iter().any(Worker::wants_attention);
        if self.pace.is_short() && spin::until(|| wanted(&self.workers)) {
            return;
        }
        self.workers.iter().for_each(Worker::fall_asleep);
        if wanted(&self.workers) {
            return;
        }
        let limit = self.next_limit();
        self.look([deadline, limit].into_iter().flatten().min());
        if limit.is_some_and(|limit| Instant::now() >= limit) {
            self.enforce();
        }
    }

    /// Waits until something happens, or `deadline`, and buries those who have ended.
    pub(super) fn look(&mut self, deadline: Option<Instant>) {
        let Ok(happened) = self.set.wait(deadline) else { return };
        if happened.numbers().next().is_some() {
            self.waiting.drain(..).for_each(Waker::wake);
        }
        for number in happened.numbers().filter(|number| number % 2 == 1) {
            self.bury(number / 2);
        }
    }
}
