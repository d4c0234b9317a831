//! What a run left in the shared memory file system.
//!
//! Other runs, of this test and of others, use the same directory at the same time. When we look, every process of our
//! run is dead; so a new name that a living process holds open or mapped is not ours, and one that nobody holds is.
//! Except that a name which is also the name of a run's temporary directory belongs to that run.

use std::collections::BTreeSet;
use std::fs;

use crate::census;
use crate::scratch::Scratch;

const FOLDER: &str = "/dev/shm";

/// The names that were there at one time.
#[derive(Debug)]
pub(crate) struct SharedMemory {
    names: BTreeSet<String>,
}

impl SharedMemory {
    pub(crate) fn now() -> Self {
        let entries = fs::read_dir(FOLDER).into_iter().flatten().flatten();
        Self { names: entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect() }
    }

    /// The names that are new since then and belong to no living process.
    pub(crate) fn leftovers(&self, scratch: &Scratch) -> Vec<String> {
        let mut new: Vec<_> = Self::now().names.difference(&self.names).cloned().collect();
        new.retain(|name| !Scratch::is_name(name) || scratch.path().ends_with(name));
        new.retain(|name| !held(&format!("{FOLDER}/{name}")));
        // What vanished during the search had an owner too.
        let after = Self::now().names;
        new.retain(|name| after.contains(name));
        new
    }
}

fn held(path: &str) -> bool {
    census::pids().unwrap_or_default().into_iter().any(|pid| {
        let open = || census::fds(pid).is_ok_and(|fds| fds.iter().any(|(_, target)| target == path));
        let mapped = || {
            fs::read_to_string(format!("/proc/{pid}/maps"))
                .is_ok_and(|maps| maps.lines().any(|line| line.ends_with(path)))
        };
        open() || mapped()
    })
}
