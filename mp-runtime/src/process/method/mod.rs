//! The ways to start a process. Each takes a plan and a body, and gives the record of a running child.

use crate::process::stopping::Ladder;

pub(crate) mod fork;

use crate::process::settings::Settings;
use crate::process::streams::Streams;

/// What a process is to be.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    pub(crate) name: String,
    pub(crate) daemon: bool,
    pub(crate) replica: Option<usize>,
    pub(crate) ladder: Ladder,
    /// Whether the user answers for the other threads of the program.
    pub(crate) threads_allowed: bool,
    /// What it has otherwise than its parent; `None` for the usual: nothing.
    pub(crate) settings: Option<Box<Settings>>,
    /// Its standard streams; `None` for the usual: its parent's.
    pub(crate) streams: Option<Box<Streams>>,
    /// What its random numbers begin with, if the user has said so.
    pub(crate) seed: Option<u64>,
}
