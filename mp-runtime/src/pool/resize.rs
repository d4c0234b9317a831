//! More workers, or fewer.

use crate::pool::engine::Engine;
use crate::pool::trouble::PoolError;

impl Engine<'_> {
    /// Sets how many workers there are to be.
    pub(super) fn resize(&mut self, workers: usize) -> Result<(), PoolError> {
        if self.is_local() {
            return Ok(());
        }
        self.turn();
        if let Some(error) = &self.trouble {
            return Err(error.clone());
        }
        self.settings.workers = workers;
        self.retired = self.retired.min(workers.saturating_sub(self.staying()));
        while self.staying() > workers {
            let staying = self.workers.iter().enumerate().filter(|(_, worker)| !worker.is_leaving());
            let Some((at, _)) = staying.min_by_key(|(_, worker)| worker.sent.len()) else { break };
            self.take_all_back(at);
            self.workers[at].is_surplus = true;
        }
        self.grow()?;
        self.dispatch();
        Ok(())
    }

    /// Starts those that are missing.
    pub(super) fn grow(&mut self) -> Result<(), PoolError> {
        while !self.is_local() && self.staying() < self.settings.workers {
            let retired = self.retired;
            self.start_worker()?;
            self.fresh += u64::from(retired == 0);
        }
        Ok(())
    }
}
