//! A flag to wait for.

use std::fmt;
use std::io;
use std::time::Duration;

use crate::ipc::by_file::travels_by_file;
use crate::ipc::sync::at_most;
use crate::shm::flag::Flag;
use crate::shm::owner::Patience;
use crate::shm::placed::Placed;

/// A flag between processes: some wait until another sets it.
///
/// Nobody owns it, so nobody's death matters: to set it and to wake those that wait is one step, which a kill comes before
/// or after, and no waiter is counted. If it is cleared before a waiter comes to look, that one waits on.
///
/// ```
/// use mp_runtime::process;
/// use mp_runtime::sync::Event;
///
/// #[process]
/// fn start(go: &Event) {
///     go.wait();
/// }
///
/// # fn main() -> std::io::Result<()> {
/// let go = Event::new()?;
/// let child = start::spawn(&go).unwrap();
/// go.set();
/// child.join().unwrap();
/// # Ok(())
/// # }
/// ```
pub struct Event(Placed<Flag, ()>);

impl Event {
    /// Makes an event that is not set, in memory of its own.
    ///
    /// # Errors
    ///
    /// When there is no memory, or no descriptor for it.
    pub fn new() -> io::Result<Self> {
        Ok(Event(Placed::zeroed(1)?))
    }

    /// Sets it, and wakes all that wait.
    pub fn set(&self) {
        self.0.set();
    }

    /// Clears it.
    pub fn clear(&self) {
        self.0.clear();
    }

    /// Whether it is set.
    pub fn is_set(&self) -> bool {
        self.0.is_set()
    }

    /// Waits until it is set.
    pub fn wait(&self) {
        self.0.wait(Patience::ForEver);
    }

    /// Waits until it is set, at most for `timeout`; whether it is.
    ///
    /// ```
    /// use std::time::Duration;
    /// use mp_runtime::sync::Event;
    ///
    /// # fn main() -> std::io::Result<()> {
    /// let event = Event::new()?;
    /// assert!(!event.wait_timeout(Duration::from_millis(1)));
    /// event.set();
    /// assert!(event.wait_timeout(Duration::ZERO));
    /// # Ok(())
    /// # }
    /// ```
    pub fn wait_timeout(&self, timeout: Duration) -> bool {
        self.0.wait(at_most(timeout))
    }
}

travels_by_file!([] Event, Placed<Flag, ()>);

impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Event").field("is_set", &self.is_set()).finish_non_exhaustive()
    }
}
