//! The ways to start a process. Each takes a plan and a body, and gives the record of a running child.

use crate::process::stopping::Ladder;

pub(crate) mod fork;

/// What a process is to be.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) name: String,
    pub(crate) daemon: bool,
    pub(crate) replica: Option<usize>,
    pub(crate) ladder: Ladder,
    /// Whether the user answers for the other threads of the program.
    pub(crate) threads_allowed: bool,
}
