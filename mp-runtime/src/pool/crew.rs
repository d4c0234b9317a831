//! Workers that are threads.
//!
//! A thread has one batch at a time, so what has not begun is in the queue of the pool. It cannot be killed: a pool that
//! does not want to wait for it any more leaves it to itself.

use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use crate::pool::batch::Batch;
use crate::pool::desk::{Desk, Done};
use crate::pool::settings::Settings;
use crate::pool::stats::Account;
use crate::pool::trouble::PoolError;
use crate::pool::work::Work;
use crate::process::panic::{self, Panic};

/// The threads of a pool.
pub(crate) struct Crew {
    pub(super) hands: Vec<Hand>,
    answers: Receiver<(usize, Answer)>,
    /// The one that a wait was for.
    early: Option<(usize, Answer)>,
}

/// One of them.
pub(crate) struct Hand {
    /// `None` once it is to end.
    orders: Option<Sender<Vec<u8>>>,
    thread: Option<JoinHandle<()>>,
    /// What it has.
    pub(super) at: Option<Batch>,
    pub(super) account: Account,
}

/// What a thread has to say.
pub(super) enum Answer {
    Ready,
    /// It could not make its state.
    Unprepared(Panic),
    Done(Done),
}

impl Crew {
    pub(crate) fn start(settings: &Settings, work: Arc<dyn Work + Send + Sync>) -> Result<Crew, PoolError> {
        let (answer, answers) = channel();
        let mut crew = Crew { hands: Vec::new(), answers, early: None };
        for number in 0..settings.workers {
            let (orders, taken) = channel();
            let (work, answer) = (Arc::clone(&work), answer.clone());
            let name = format!("{}.{number}", settings.name);
            let thread = thread::Builder::new().name(name).spawn(move || labour(&*work, number, &taken, &answer));
            let thread = thread.map_err(|error| PoolError::from_io(&error))?;
            let hand = Hand { orders: Some(orders), thread: Some(thread), at: None, account: Account::new() };
            crew.hands.push(hand);
        }
        Ok(crew)
    }

    pub(super) fn idle(&self) -> usize {
        self.hands.iter().filter(|hand| hand.at.is_none() && hand.orders.is_some()).count()
    }

    pub(super) fn is_busy(&self) -> bool {
        self.hands.iter().any(|hand| hand.at.is_some())
    }

    pub(super) fn is_prepared(&self) -> bool {
        self.hands.iter().all(|hand| hand.account.prepared.is_some())
    }

    /// Gives a batch to somebody who has none.
    pub(super) fn give(&mut self, mut batch: Batch, timing: u64) -> Result<(), Batch> {
        for hand in &mut self.hands {
            if let (None, Some(orders)) = (&hand.at, &hand.orders) {
                batch.address(0, timing);
                match orders.send(std::mem::take(&mut batch.message)) {
                    Ok(()) => {
                        hand.at = Some(batch);
                        return Ok(());
                    }
                    // It has ended; why, it has said.
                    Err(unsent) => batch.message = unsent.0,
                }
            }
        }
        Err(batch)
    }

    /// Waits for an answer, or for `deadline`.
    pub(super) fn wait(&mut self, deadline: Option<Instant>) {
        if self.early.is_none() {
            self.early = match deadline {
                None => self.answers.recv().ok(),
                Some(deadline) => self.answers.recv_timeout(deadline.saturating_duration_since(Instant::now())).ok(),
            };
        }
    }

    pub(super) fn next(&mut self) -> Option<(usize, Answer)> {
        self.early.take().or_else(|| self.answers.try_recv().ok())
    }

    /// Has the threads end, and waits for those that have nothing to do.
    pub(super) fn dismiss(&mut self) {
        for hand in &mut self.hands {
            hand.orders = None;
            if let Some(thread) = hand.thread.take().filter(|_| hand.at.is_none()) {
                // What it said when it panicked has come as an answer.
                let _ = thread.join();
            }
        }
    }
}

impl fmt::Debug for Crew {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Crew").field("hands", &self.hands.len()).finish_non_exhaustive()
    }
}

/// The life of a thread.
fn labour(work: &dyn Work, number: usize, orders: &Receiver<Vec<u8>>, answers: &Sender<(usize, Answer)>) {
    let lived = panic::catch(AssertUnwindSafe(|| {
        work.prepare(&mut |server| {
            let mut desk = Desk::here();
            let mut said = answers.send((number, Answer::Ready));
            while let (Ok(()), Ok(order)) = (said, orders.recv()) {
                said = answers.send((number, Answer::Done(desk.work_here(&order, server))));
            }
        });
    }));
    if let Err(panic) = lived {
        // If the pool is gone, nobody wants to know.
        let _ = answers.send((number, Answer::Unprepared(panic)));
    }
}
