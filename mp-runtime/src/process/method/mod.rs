//! The ways to start a process. Each takes a plan and a body, and gives the record of a running child.

use std::borrow::Cow;

use crate::error::Caller;
use crate::process::stopping::Ladder;

pub(crate) mod fork;
pub(crate) mod parked;
pub(crate) mod remote;
pub(crate) mod server;

use crate::process::settings::Settings;
use crate::process::streams::Streams;

/// What a process is to be.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    pub(crate) name: Cow<'static, str>,
    pub(crate) daemon: bool,
    /// Whether it lives on when its parent ends.
    pub(crate) detached: bool,
    pub(crate) replica: Option<usize>,
    pub(crate) ladder: Ladder,
    /// Whether the user answers for the other threads of the program.
    pub(crate) threads_allowed: bool,
    /// Whether its function is run by a runtime of its own.
    #[cfg(feature = "tokio")]
    pub(crate) asynchronous: bool,
    /// What it has otherwise than its parent; `None` for the usual: nothing.
    pub(crate) settings: Option<Box<Settings>>,
    /// Its standard streams; `None` for the usual: its parent's.
    pub(crate) streams: Option<Box<Streams>>,
    /// What its random numbers begin with, if the user has said so.
    pub(crate) seed: Option<u64>,
    pub(crate) method: StartMethod,
    pub(crate) caller: Caller,
}

/// The ways to start a process.
///
/// ```
/// use mp_runtime::{StartMethod, process};
///
/// #[process(start = forkserver)]
/// fn double(n: u32) -> u32 {
///     n * 2
/// }
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// assert_eq!(double::spawn(21)?.join()?, 42);
/// assert_eq!(double::process(21).start(StartMethod::Exec).spawn()?.join()?, 42);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum StartMethod {
    /// A copy of the program as it is. Carries any argument; the program has one thread.
    #[default]
    Fork,
    /// A copy of the executable, kept ready for the purpose. Arguments are serialised; the program may have threads, and
    /// any amount of memory: neither is copied.
    ForkServer,
    /// The executable, begun anew. Arguments are serialised; of the program's memory nothing is inherited. Its environment, arguments,
    /// directory, limits and streams are.
    Exec,
}
