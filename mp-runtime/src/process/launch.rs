//! One start of a process.

use std::borrow::Cow;
use std::ops::Deref;
use std::time::Duration;

use crate::process::registry::Registry;
use crate::process::report::Report;
use crate::process::settings::Settings;
use crate::process::stopping::Ladder;
use crate::process::streams::Streams;
use crate::process::tie::Tie;
use crate::sys::fd::ProcessFd;

/// What both sides of a start know: made by the parent before the fork, inherited by the child.
#[derive(Debug)]
pub(crate) struct Launch {
    pub(crate) name: Cow<'static, str>,
    pub(crate) daemon: bool,
    /// Which of the replicas of its entry it is.
    pub(crate) replica: Option<usize>,
    pub(crate) parent: Starter,
    /// When it began, by [`direct::now`](crate::sys::direct::now).
    pub(crate) started: Duration,
    pub(crate) ladder: Ladder,
    pub(crate) report: Report,
    pub(crate) tie: Tie,
    pub(crate) settings: Option<Box<Settings>>,
    pub(crate) streams: Option<Box<Streams>>,
    pub(crate) seed: u64,
}

/// What both know of the process that starts the other.
#[derive(Debug)]
pub(crate) enum Starter {
    /// Of a start by fork, and for ever: a count of those that refer to it would be a page more that each start writes to.
    Itself(&'static Origin),
    /// As an order has told it.
    Told(Box<Origin>),
}

impl Deref for Starter {
    type Target = Origin;

    fn deref(&self) -> &Origin {
        match self {
            Starter::Itself(origin) => origin,
            Starter::Told(origin) => origin,
        }
    }
}

/// The process that starts another.
#[derive(Debug)]
pub(crate) struct Origin {
    pub(crate) name: String,
    pub(crate) id: i32,
    /// Opened by that process itself, so it names no other.
    pub(crate) pidfd: ProcessFd,
}

impl Launch {
    /// Gives back what another start can use, once this process has ended.
    #[inline]
    pub(crate) fn bury(&mut self, registry: &mut Registry) {
        (self.settings, self.streams) = (None, None);
        self.report.bury(registry);
        if let Tie::Lifeline(lifeline) = &mut self.tie {
            lifeline.bury(registry);
        }
    }

    /// Frees all of it, in the fork server: the process that it describes has its own copy.
    pub(crate) fn discard(self) {
        self.report.discard();
        if let Tie::Lifeline(lifeline) = self.tie {
            lifeline.discard();
        }
    }

    /// Lets go of its descriptors, in a child just forked to which it means nothing: a sibling's, or the parent's.
    pub(crate) fn release(&self) {
        self.report.release();
        self.tie.release();
        self.streams.iter().for_each(|streams| streams.release());
    }
}
