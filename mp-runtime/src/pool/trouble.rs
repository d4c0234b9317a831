//! Why a pool cannot work.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use crate::error::SpawnError;
use crate::pool::error::Said;
use crate::process::exit::Exit;
use crate::process::panic::Panic;

/// Why a pool cannot work at all: it has no worker, and can get none.
///
/// ```
/// use mp_runtime::Pool;
///
/// let error = Pool::builder().workers(1).start_with(|| -> u32 { std::process::exit(3) }, |_, n: u32| n).unwrap_err();
/// assert_eq!(error.exit().and_then(|exit| exit.code()), Some(3));
/// ```
#[derive(Clone)]
pub struct PoolError(PoolErrorKind);

#[derive(Clone)]
enum PoolErrorKind {
    Spawn(Arc<SpawnError>),
    Os(i32),
    Unprepared(Box<Exit>),
    Stateless(Box<Panic>),
    Backend(String),
    Ended,
    Foreign,
}

impl PoolError {
    pub(crate) fn unprepared(exit: Exit) -> PoolError {
        PoolError(PoolErrorKind::Unprepared(Box::new(exit)))
    }

    /// The initialiser has panicked in this very process.
    pub(crate) fn stateless(panic: Panic) -> PoolError {
        PoolError(PoolErrorKind::Stateless(Box::new(panic)))
    }

    /// The environment asks for what there is not.
    pub(crate) fn backend(name: &str) -> PoolError {
        PoolError(PoolErrorKind::Backend(name.to_owned()))
    }

    pub(crate) fn from_io(error: &std::io::Error) -> PoolError {
        PoolError(PoolErrorKind::Os(error.raw_os_error().unwrap_or(libc::EAGAIN)))
    }

    pub(crate) fn ended() -> PoolError {
        PoolError(PoolErrorKind::Ended)
    }

    pub(crate) fn foreign() -> PoolError {
        PoolError(PoolErrorKind::Foreign)
    }

    /// How the worker ended that was to be the next, if it ended before it was prepared: in its initialiser, say.
    pub fn exit(&self) -> Option<&Exit> {
        match &self.0 {
            PoolErrorKind::Unprepared(exit) => Some(exit),
            _ => None,
        }
    }

    /// What the initialiser said when it panicked, if that is it.
    pub fn panic(&self) -> Option<&Panic> {
        match &self.0 {
            PoolErrorKind::Unprepared(exit) => exit.panic(),
            PoolErrorKind::Stateless(panic) => Some(panic),
            _ => None,
        }
    }

    /// Why a worker could not be started, if that is it.
    pub fn spawn_error(&self) -> Option<&SpawnError> {
        match &self.0 {
            PoolErrorKind::Spawn(error) => Some(error),
            _ => None,
        }
    }

    /// Whether the pool was shut down.
    pub fn is_shut_down(&self) -> bool {
        matches!(self.0, PoolErrorKind::Ended)
    }
}

impl From<SpawnError> for PoolError {
    fn from(error: SpawnError) -> Self {
        PoolError(PoolErrorKind::Spawn(Arc::new(error)))
    }
}

impl From<nix::errno::Errno> for PoolError {
    fn from(errno: nix::errno::Errno) -> Self {
        PoolError(PoolErrorKind::Os(errno as i32))
    }
}

impl fmt::Display for PoolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            PoolErrorKind::Spawn(error) => write!(f, "the pool has no worker: {error}"),
            PoolErrorKind::Os(errno) => {
                write!(f, "the pool could not get what it needs: {}", std::io::Error::from_raw_os_error(*errno))
            }
            PoolErrorKind::Unprepared(exit) => write!(f, "a worker of the pool did not get ready: {exit}"),
            PoolErrorKind::Stateless(panic) => {
                write!(f, "a worker of the pool did not get ready: it panicked{}", Said(panic))
            }
            PoolErrorKind::Backend(name) => {
                write!(f, "`MP_POOL_BACKEND` is `{name}`; set it to `processes`, `threads` or `sequential`")
            }
            PoolErrorKind::Ended => write!(f, "the pool was shut down"),
            PoolErrorKind::Foreign => write!(f, "the pool belongs to another process; make one here"),
        }
    }
}

impl fmt::Debug for PoolError {
    /// As `Display`: it is what `unwrap` and `fn main() -> Result` show.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for PoolError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.0 {
            PoolErrorKind::Spawn(error) => Some(&**error),
            _ => None,
        }
    }
}
