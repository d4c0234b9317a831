//! The settings of the fork server.

use crate::error::SpawnError;
use crate::process::method::remote;

/// The fork server of this process, which makes the processes of `start = forkserver`. From [`fork_server`].
#[derive(Debug, Clone, Copy)]
#[must_use = "nothing happens before `start`"]
pub struct ForkServer {
    parked: usize,
}

/// The settings of the fork server.
///
/// It needs none: it is started when a process asks for it first. To start it ahead saves that one the time, and processes
/// that are ready save time for all.
///
/// ```
/// use mp_runtime::{fork_server, process};
///
/// #[process(start = forkserver)]
/// fn double(n: u32) -> u32 {
///     n * 2
/// }
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// fork_server().parked(2).start()?;
/// assert_eq!(double::spawn(21)?.join()?, 42);
/// # Ok(())
/// # }
/// ```
pub fn fork_server() -> ForkServer {
    ForkServer { parked: 0 }
}

impl ForkServer {
    /// As many of these are kept, at most.
    pub(crate) const MOST: usize = 64;

    /// Keeps `count` processes parked, 64 at most; none if not set.
    ///
    /// A parked process was made ahead, is a child of this process, and waits. The next start by the server takes one, and has it
    /// replaced: its function runs as soon as it wakes up, and the program waits for nothing. When several starts come in a row
    /// faster than processes are made, those for which there is none ready are made as ever.
    ///
    /// Each costs some hundred KiB of memory and five descriptors. In `ps` its name is `mp-parked`. It ends with this process, and is
    /// no child that a program sees: not in [`active_children`](crate::active_children), not waited for. One that is killed is
    /// replaced; if that comes at the very moment of a start, it is the process just started that was killed.
    pub fn parked(mut self, count: usize) -> Self {
        self.parked = count.min(ForkServer::MOST);
        self
    }

    /// Starts the server, if it does not run, and has processes parked or dismisses them. It does not wait for them.
    ///
    /// # Errors
    ///
    /// Where the server cannot be started.
    pub fn start(self) -> Result<(), SpawnError> {
        remote::prepare(self.parked)
    }
}
