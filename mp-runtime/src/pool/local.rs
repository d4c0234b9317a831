//! A pool whose workers are in its own process: threads, or whoever waits for it. See [`Backend`].

use std::fmt;
use std::mem;
use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

use crate::pool::backend::Backend;
use crate::pool::batch::Batch;
use crate::pool::crew::{Answer, Crew};
use crate::pool::desk::{Desk, Done};
use crate::pool::engine::Engine;
use crate::pool::error::TaskErrorKind;
use crate::pool::job::Outcome;
use crate::pool::message::HEAD;
use crate::pool::pool::Shutdown;
use crate::pool::stats::Account;
use crate::pool::trouble::PoolError;
use crate::pool::work::{Serve, Work};
use crate::process::{panic, registry};

/// Who does the work of a pool.
pub(crate) enum Hands<'f> {
    /// Processes.
    Processes(Box<dyn Work + 'f>),
    Alone(Alone<'f>),
    Crew(Crew),
}

/// The work of a pool whose waiters do it.
pub(crate) struct Alone<'f> {
    server: Box<dyn Serve + 'f>,
    desk: Desk<'static>,
    pub(super) account: Account,
}

impl<'f> Alone<'f> {
    /// Has the state made.
    pub(crate) fn start(serve: impl FnOnce() -> Box<dyn Serve + 'f>) -> Result<Alone<'f>, PoolError> {
        let account = Account::new();
        let server = panic::catch(AssertUnwindSafe(serve)).map_err(PoolError::stateless)?;
        let mut alone = Alone { server, desk: Desk::here(), account };
        alone.account.prepared = Some(Instant::now());
        Ok(alone)
    }
}

/// Has panics of this process heard, as those of workers are.
pub(crate) fn listen() {
    let _registry = registry::lock();
    panic::watch();
}

impl Hands<'_> {
    pub(super) fn backend(&self) -> Backend {
        match self {
            Hands::Processes(_) => Backend::Processes,
            Hands::Crew(_) => Backend::Threads,
            Hands::Alone(_) => Backend::Sequential,
        }
    }
}

impl fmt::Debug for Hands<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.backend(), f)
    }
}

impl Engine<'_> {
    #[inline]
    pub(super) fn is_local(&self) -> bool {
        !matches!(self.hands, Hands::Processes(_))
    }

    /// Waits until all threads are ready.
    pub(super) fn prepare_here(&mut self) {
        while self.trouble.is_none() && matches!(&self.hands, Hands::Crew(crew) if !crew.is_prepared()) {
            self.rest(None);
            self.turn();
        }
    }

    /// Whether another batch would be begun at once.
    pub(super) fn has_room_here(&self) -> bool {
        let idle = match &self.hands {
            Hands::Crew(crew) if self.trouble.is_none() => crew.idle(),
            // It is done, or fails, in the next turn.
            _ => 1,
        };
        self.queue.len() < idle
    }

    /// Gives out what is queued, to threads that have nothing.
    pub(super) fn dispatch_here(&mut self) {
        if let Some(error) = self.trouble.clone() {
            let queue: Vec<Batch> = self.queue.drain(..).collect();
            return queue.iter().for_each(|batch| self.fail(batch, TaskErrorKind::NotRun(error.clone())));
        }
        let Hands::Crew(crew) = &mut self.hands else { return };
        while let Some(batch) = self.queue.pop_front() {
            let timing = batch.limits.timing();
            if let Err(batch) = crew.give(batch, timing) {
                return self.put_back(batch);
            }
        }
    }

    /// Does the next batch, or takes what threads have done.
    pub(super) fn turn_here(&mut self) {
        match &mut self.hands {
            Hands::Alone(alone) if self.trouble.is_none() => {
                let Some(mut batch) = self.queue.pop_front() else { return };
                batch.address(0, batch.limits.timing());
                let done = alone.desk.work_here(&batch.message, &mut *alone.server);
                alone.account.note(&done);
                self.file(batch, done);
            }
            Hands::Crew(_) => {
                while let Hands::Crew(crew) = &mut self.hands
                    && let Some((at, answer)) = crew.next()
                {
                    self.hear(at, answer);
                }
            }
            Hands::Alone(_) | Hands::Processes(_) => {}
        }
        self.dispatch_here();
    }

    fn hear(&mut self, at: usize, answer: Answer) {
        let Hands::Crew(crew) = &mut self.hands else { return };
        let hand = &mut crew.hands[at];
        match answer {
            Answer::Ready => hand.account.prepared = Some(Instant::now()),
            Answer::Unprepared(panic) => self.trouble = Some(PoolError::stateless(panic)),
            Answer::Done(done) => {
                hand.account.note(&done);
                // Without one it was left to itself.
                if let Some(batch) = hand.at.take() {
                    self.file(batch, done);
                }
            }
        }
        self.has_news = true;
    }

    /// Files what came of a batch.
    fn file(&mut self, mut batch: Batch, done: Done) {
        self.pace.note(done.nanos, done.count);
        self.slowest.note(done.nanos, done.count, batch.first);
        self.items += u64::from(done.count);
        self.has_news = true;
        if done.count > 0 {
            self.deliver(batch.job, batch.first, done.count, Outcome::Told { bytes: done.bytes, from: HEAD });
        }
        batch.done = done.count;
        if let Some(panic) = done.broken {
            let error = PoolError::stateless(panic);
            self.trouble = Some(error.clone());
            if batch.done < batch.count {
                self.fail(&batch, TaskErrorKind::NotRun(error));
            }
        }
        self.recycle(batch.message);
    }

    /// Waits until a thread has done something, or until `deadline`.
    pub(super) fn rest_here(&mut self, deadline: Option<Instant>) {
        if let Hands::Crew(crew) = &mut self.hands {
            crew.wait(deadline);
        }
    }

    pub(super) fn is_busy_here(&self) -> bool {
        matches!(&self.hands, Hands::Crew(crew) if crew.is_busy())
    }

    /// Brings the pool to its end. What has begun is waited for, but not after `grace`, nor if it is to end now.
    pub(super) fn end_here(&mut self, how: Shutdown, grace: Option<Duration>) {
        let deadline = match how {
            Shutdown::Now => Some(Instant::now()),
            Shutdown::Cancel | Shutdown::Wait => grace.and_then(|grace| Instant::now().checked_add(grace)),
        };
        self.cancel_queue();
        self.trouble.get_or_insert(PoolError::ended());
        while self.is_busy_here() && deadline.is_none_or(|deadline| Instant::now() < deadline) {
            self.rest_here(deadline);
            self.turn_here();
        }
        let Hands::Crew(crew) = &mut self.hands else { return };
        crew.dismiss();
        let left: Vec<Batch> = crew.hands.iter_mut().filter_map(|hand| hand.at.take()).collect();
        left.iter().for_each(|batch| self.fail(batch, TaskErrorKind::Cancelled));
    }

    /// In a copy of the process, where there are no threads.
    pub(super) fn disown_here(&mut self) -> Vec<Batch> {
        let Hands::Crew(crew) = &mut self.hands else { return Vec::new() };
        let lost = crew.hands.iter_mut().filter_map(|hand| hand.at.take()).collect();
        crew.hands.drain(..).for_each(mem::forget);
        lost
    }
}
