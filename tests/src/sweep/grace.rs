//! How long the processes of a program have had to be gone.
//!
//! The time is counted from the SIGKILL for the program, if that is what ended it, and else from the news of its end; and up to the
//! news of a process's end. So it is never less than it was. On a busy machine one who is to die needs a processor to do so,
//! and so does his tracer, for whom each one waits twice on his way out. What the kernel says that these have waited for one
//! since is not counted as theirs, up to a limit.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use crate::census;

/// The time since the death of a program.
#[derive(Debug)]
pub(super) struct Grace {
    since: Instant,
    /// How long each process had waited for a processor before, the tracer among them.
    before: HashMap<i32, Duration>,
    /// How long those have waited since who are gone.
    gone: Duration,
}

/// Who has not gone by then is a survivor, however busy the machine is.
const MOST: Duration = Duration::from_secs(1);

impl Grace {
    /// Begins now, with these processes.
    pub(super) fn begin(processes: impl Iterator<Item = i32>) -> Grace {
        let since = Instant::now();
        let all = processes.chain([own()]);
        Grace { since, before: all.map(|pid| (pid, census::queued(pid))).collect(), gone: Duration::ZERO }
    }

    /// Counts what a process has waited that is about to be gone.
    pub(super) fn leave(&mut self, pid: i32) {
        let before = self.before.remove(&pid).unwrap_or_default();
        self.gone += census::queued(pid).saturating_sub(before);
    }

    /// How long it has been.
    pub(super) fn passed(&self) -> Duration {
        self.since.elapsed()
    }

    /// How much of that was waiting for a processor.
    pub(super) fn queued(&self) -> Duration {
        let living = self.before.iter().map(|(pid, before)| census::queued(*pid).saturating_sub(*before));
        self.gone + living.sum::<Duration>()
    }

    /// When `time` will have passed, if nobody waits for a processor any more.
    pub(super) fn end(&self, time: Duration) -> Instant {
        self.since + (time + self.queued()).min(time.max(MOST))
    }
}

fn own() -> i32 {
    std::process::id() as i32
}
