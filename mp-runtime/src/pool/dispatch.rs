//! Who gets what: workers are started, get batches, give some back for others that have none, and are let go.

use nix::errno::Errno;
use std::os::fd::AsFd;

use crate::pool::batch::Batch;
use crate::pool::engine::Engine;
use crate::pool::error::TaskErrorKind;
use crate::pool::lane::Lane;
use crate::pool::local::Hands;
use crate::pool::trouble::PoolError;
use crate::pool::worker::Worker;

impl Engine<'_> {
    /// Whether a worker could take another batch now, beside what is queued.
    #[inline]
    pub(crate) fn has_room(&self) -> bool {
        if self.is_local() {
            return self.has_room_here();
        }
        // It waits for a worker that has nothing, and so does what is behind it: one for each is enough.
        if self.queue.front().is_some_and(Batch::is_long) {
            return self.queue.len() < self.workers.len();
        }
        let depth = self.pace.depth();
        let room = |worker: &Worker| if worker.is_open() { depth.saturating_sub(worker.sent.len()) } else { 0 };
        let staying = self.staying();
        if self.trouble.is_some() {
            // What is added when nobody is left fails at once.
            return staying == 0 || self.queue.len() < self.workers.iter().map(room).sum();
        }
        // Those that are gone are replaced once there is something for them.
        let missing = self.settings.workers.saturating_sub(staying);
        self.queue.len() < self.workers.iter().map(room).sum::<usize>() + missing * depth
    }

    /// Gives out what is queued, to those who have least.
    pub(super) fn dispatch(&mut self) {
        if self.is_local() {
            return self.dispatch_here();
        }
        self.workers.iter_mut().for_each(Worker::push_on);
        self.renew();
        let depth = self.pace.depth();
        let most = self.settings.max_tasks.unwrap_or(u64::MAX);
        while let Some(next) = self.queue.front() {
            let open = self.workers.iter().enumerate();
            let open = open.filter(|(_, worker)| worker.sent.len() < depth && worker.is_open_for(next, most));
            let Some((at, _)) = open.min_by_key(|(_, worker)| worker.sent.len()) else { break };
            let Some(mut batch) = self.queue.pop_front() else { break };
            let left = u32::try_from(most.saturating_sub(self.workers[at].given)).unwrap_or(u32::MAX).max(1);
            if batch.count > left {
                self.put_back(batch.part(left, batch.count - left));
                batch = batch.part(0, left);
            }
            self.give(at, batch);
        }
        if self.queue.is_empty() {
            self.share();
        }
        self.let_go();
    }

    #[inline]
    fn give(&mut self, at: usize, batch: Batch) {
        let timing = if self.is_timed { batch.limits.timing() } else { 0 };
        self.workers[at].give(batch, timing);
        self.workers[at].wake();
    }

    /// Takes work from who has much of it, for those who have none.
    fn share(&mut self) {
        loop {
            let Some(idle) = self.workers.iter().position(|worker| worker.is_open() && worker.sent.is_empty()) else {
                return;
            };
            let busiest = (0..self.workers.len()).max_by_key(|at| self.workers[*at].sent.len());
            let Some(busiest) = busiest.filter(|at| self.workers[*at].sent.len() > 1) else { return };
            let Some(batch) = self.workers[busiest].take_back() else { return };
            self.give(idle, batch);
        }
    }

    /// Lets workers go that have had as many items as they may, or are too many.
    fn let_go(&mut self) {
        let most = self.settings.max_tasks.unwrap_or(u64::MAX);
        self.workers.iter_mut().filter(|worker| worker.given >= most || worker.is_surplus).for_each(Worker::let_go);
    }

    /// Starts workers in the place of those that are gone, while there is work for them.
    fn renew(&mut self) {
        if self.queue.is_empty() {
            return;
        }
        let mut lack = None;
        let wanted = match self.settings.terms.idle {
            None => self.settings.workers,
            // They come back as they are needed.
            Some(_) => self.settings.workers.min(self.staying() + self.queue.len()),
        };
        while self.trouble.is_none() && self.staying() < wanted {
            if let Err(error) = self.start_worker() {
                // Nobody is left whose end could be waited for, to try again then.
                lack = Some(error).filter(|_| self.workers.is_empty());
                break;
            }
        }
        let hopeless = self.trouble.clone().filter(|_| self.staying() == 0 && !self.is_ending);
        if let Some(error) = hopeless.or(lack) {
            let queue: Vec<Batch> = self.queue.drain(..).collect();
            for batch in queue {
                self.fail(&batch, TaskErrorKind::NotRun(error.clone()));
            }
        }
    }

    /// How many workers there are that can be given work, now or soon.
    pub(super) fn staying(&self) -> usize {
        self.workers.iter().filter(|worker| !worker.is_leaving()).count()
    }

    pub(super) fn start_worker(&mut self) -> Result<(), PoolError> {
        let Hands::Processes(work) = &self.hands else { return Ok(()) };
        let number = self.started;
        let worker = Worker::start(number, &self.settings.name, self.settings.terms, &**work)?;
        self.started += 1;
        if self.retired > 0 {
            self.retired -= 1;
            self.fresh += 1;
        }
        // An odd number is an end, an even one a call for attention.
        let pidfd = worker.child.record().pidfd().get().ok_or(Errno::EBADF)?;
        let watched = self
            .set
            .add(pidfd.as_fd(), 2 * number + 1)
            .and_then(|()| worker.lanes().map(Lane::event).try_for_each(|event| self.set.add_event(event, 2 * number)));
        if let Err(errno) = watched {
            worker.kill();
            worker.child.record().wait(None);
            return Err(errno.into());
        }
        self.workers.push(worker);
        Ok(())
    }
}
