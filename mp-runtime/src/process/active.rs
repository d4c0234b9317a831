//! The children of a process that have not ended.

use crate::process::{ending, registry};

/// A child that has not ended, as [`active_children`] shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActiveChild {
    name: String,
    id: u32,
    daemon: bool,
}

impl ActiveChild {
    /// The name it was started with.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// Whether it is a daemon.
    pub fn is_daemon(&self) -> bool {
        self.daemon
    }
}

/// The children of this process that have not ended, in the order of their start.
///
/// Reaps those that have ended and whose handle is gone.
///
/// ```
/// use mp_runtime::{active_children, process};
///
/// #[process]
/// fn wait() {
///     loop { std::thread::park() }
/// }
///
/// # fn main() {
/// let child = wait::spawn().unwrap();
/// assert_eq!(active_children()[0].id(), child.id());
/// child.kill().unwrap();
/// assert!(child.join().is_err());
/// assert!(active_children().is_empty());
/// # }
/// ```
pub fn active_children() -> Vec<ActiveChild> {
    ending::conclude_abandoned();
    let children = registry::lock().children();
    let alive = children.iter().filter(|child| !child.is_foreign() && child.poll().is_none());
    alive.map(|child| ActiveChild { name: child.name().into(), id: child.id(), daemon: child.is_daemon() }).collect()
}
