//! On which cores a pair runs.

use std::fmt;

use benches::raw;

use crate::pairs::{self, Pair};

/// Where both sides run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// Where the kernel puts them.
    Free,
    OneCore,
    /// This side on the first core, the other on the second.
    TwoCores,
}

impl Place {
    pub(crate) const ALL: [Place; 3] = [Place::Free, Place::OneCore, Place::TwoCores];

    /// Starts pairs whose other side runs there.
    pub(crate) fn start(self) -> Vec<Pair> {
        self.start_with(|| vec![pairs::ours(), pairs::raw_pipe(), pairs::ipc_channel()])
    }

    /// What `start` starts runs there.
    pub(crate) fn start_with<T>(self, start: impl FnOnce() -> T) -> T {
        match self {
            Place::Free => {}
            Place::OneCore => raw::run_on(Some(0)),
            Place::TwoCores => raw::run_on(Some(1)),
        }
        let started = start();
        raw::run_on(None);
        started
    }

    /// Has this side run there.
    pub(crate) fn take(self) {
        raw::run_on(if self == Place::Free { None } else { Some(0) });
    }

    pub(crate) fn leave(self) {
        raw::run_on(None);
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Place::Free => "anywhere",
            Place::OneCore => "on one core",
            Place::TwoCores => "on two cores",
        })
    }
}
