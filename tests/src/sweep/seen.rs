//! What came of one run under a fault.

use std::time::Duration;

use crate::census::Process;
use crate::sweep::trace::DEADLINE;
use crate::sweep::{Fault, errors};

/// What came of one run.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Seen {
    /// Whether the program came to the place of the fault.
    pub struck: bool,
    /// The numbers of the system calls that could have failed, where one of them is to.
    pub calls: Vec<u64>,
    /// The number of the system call that failed, and the error.
    pub failed: Option<(u64, i32)>,
    /// Which call that was, or the latest like it that [has failed](Seen::fails_again), too.
    pub(super) failing: usize,
    pub(super) times: usize,
    /// How many processes there were.
    pub processes: usize,
    /// Those that outlived the program.
    pub survivors: Vec<Process>,
    /// The time from the death of the program to that of the last of its processes.
    pub latency: Duration,
    /// How much of that they and their tracer have waited for a processor.
    pub queued: Duration,
    /// What the program had not tidied when it ended by itself.
    pub left: Vec<String>,
    /// Whether it had to be ended at the deadline.
    pub hung: bool,
    /// Its wait status.
    pub status: i32,
}

impl Seen {
    /// What should not be, a sentence each.
    pub fn wrong(&self) -> Vec<String> {
        let mut wrong: Vec<_> = self.survivors.iter().map(|process| format!("survivor: {process}")).collect();
        wrong.extend(self.left.iter().cloned());
        if self.hung {
            wrong.push(format!("it had not ended after {DEADLINE:?}"));
        }
        let killed = libc::WIFSIGNALED(self.status) && libc::WTERMSIG(self.status) == libc::SIGKILL;
        let panicked = libc::WIFEXITED(self.status) && libc::WEXITSTATUS(self.status) == 101;
        if panicked || libc::WIFSIGNALED(self.status) && !killed {
            wrong.push(format!("the program ended by status {:#x}", self.status));
        }
        wrong
    }
}

impl Seen {
    /// Whether this system call fails as the one before it has, being the same: what the system lacks, it lacks for a while.
    pub(super) fn fails_again<A>(&mut self, call: Option<(u64, A)>) -> bool {
        const TIMES: usize = 3;
        let fails = self.failed.is_some_and(|(number, errno)| {
            call.as_ref().is_some_and(|(call, _)| *call == number)
                && errors::lasts(number, errno)
                && self.times + 1 < TIMES
        });
        self.times += usize::from(fails);
        fails
    }

    /// Whether it was the process `number` that was killed.
    pub(super) fn struck_at(&self, fault: Fault, number: usize) -> bool {
        self.struck
            && match fault {
                Fault::Before { process, .. } | Fault::After { process, .. } => process == number,
                Fault::Late { .. } | Fault::Orphaned { .. } => number == 0,
                Fault::Fails { .. } => false,
            }
    }
}
