//! The ways to start a process. Each takes a plan and a body, and gives the record of a running child.
//!
//! What a start that is no fork is made of:
//!
//! 1. A function with the option `start` captures nothing: `carried` binds it with arguments that serde can write. `sys/image`
//!    names it by its distance from an anchor in the executable, and the executable by its build id.
//! 2. `method/remote` is the parent's side. It writes an `order`: one message with everything in it, and with the descriptors of
//!    the report, the lifeline, the streams. The report's page is of a memory file here.
//! 3. `exec`: `sys/exec` runs the executable again; the message waits in a socket for it. `newborn` is called before `main`, by
//!    an entry among the constructors of the executable, calls those that come later, and lives the life of a `child`.
//! 4. `forkserver`: `method/server` keeps such an image that serves (`process/server`): it reads each order, and then makes a
//!    sibling by `clone3` with `CLONE_PARENT`: a child of the program, which finds in memory what was read. In that same call the
//!    kernel writes the id of the child into a page that server and program share. Then the server closes what came with the
//!    order, and says in a second word of the page that it is done; the program sleeps on that word. If the server is killed, the
//!    page tells whether there is a child, and the order is sent to a new server if there is none.
//! 5. A parked process (`method/parked`) was made so ahead, with its report and its lifeline; its order goes through a socket of
//!    its own, whose hang-up tells that it has ended. It is replaced once the order is sent, and the program waits for neither.
//!    Before it waits it has touched what it will need.

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
