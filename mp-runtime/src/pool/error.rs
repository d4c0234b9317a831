//! Why a task of a pool gave no value.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use crate::pool::trouble::PoolError;
use crate::process::exit::Exit;
use crate::process::panic::Panic;
use crate::shm::draft::Step;

/// Why there is no value for one item. The pool goes on with the others.
///
/// ```
/// use mp_runtime::{Pool, TaskErrorKind, TaskStage};
///
/// let pool = Pool::new(|n: u32| if n == 3 { std::process::abort() } else { n }).unwrap();
/// let results: Vec<_> = pool.imap(1..=5).collect();
/// let error = results[2].as_ref().unwrap_err();
/// assert_eq!(error.index(), 2);
/// assert!(matches!(error.kind(), TaskErrorKind::Died(exit, TaskStage::Running) if exit.signal() == Some(6)));
/// assert_eq!(results.iter().flatten().collect::<Vec<_>>(), [&1, &2, &4, &5]);
/// ```
#[derive(Clone)]
pub struct TaskError(Box<Inner>);

#[derive(Clone)]
struct Inner {
    index: u64,
    attempts: u32,
    kind: TaskErrorKind,
}

/// How far a worker was with an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TaskStage {
    /// It read the argument.
    Reading,
    /// It ran the function.
    Running,
    /// It wrote the value.
    Writing,
}

/// The ways there can be no value for an item. See [`TaskError::kind`].
///
/// Later versions may add some.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum TaskErrorKind {
    /// The function panicked, or what reads its argument or writes its value.
    Panicked(Panic, TaskStage),
    /// The worker ended while it was at this item.
    Died(Exit, TaskStage),
    /// It took longer than this, and its worker was killed.
    TimedOut(Duration),
    /// It was cancelled.
    Cancelled,
    /// The argument could not be written, so it was not sent.
    Unsent(String),
    /// The worker could not read the argument.
    Unreadable(String),
    /// The worker could not write the value that the function returned.
    Unwritable(String),
    /// The value came, but could not be read.
    Lost(String),
    /// There is no worker to run it.
    NotRun(PoolError),
}

impl TaskError {
    pub(crate) fn new(index: u64, attempts: u32, kind: TaskErrorKind) -> TaskError {
        TaskError(Box::new(Inner { index, attempts, kind }))
    }

    /// The number of the item in its input, from 0.
    pub fn index(&self) -> usize {
        usize::try_from(self.0.index).unwrap_or(usize::MAX)
    }

    /// How often a worker began with it.
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// What happened.
    pub fn kind(&self) -> &TaskErrorKind {
        &self.0.kind
    }

    /// How the worker ended, if it ended while it was at this item.
    pub fn exit(&self) -> Option<&Exit> {
        match &self.0.kind {
            TaskErrorKind::Died(exit, _) => Some(exit),
            TaskErrorKind::NotRun(error) => error.exit(),
            _ => None,
        }
    }

    /// What was said when it panicked, if that is it; also with `panic = "abort"`, where the worker died of it.
    pub fn panic(&self) -> Option<&Panic> {
        match &self.0.kind {
            TaskErrorKind::Panicked(panic, _) => Some(panic),
            TaskErrorKind::Died(exit, _) => exit.panic(),
            _ => None,
        }
    }

    /// Whether it was cancelled, by itself or with its pool.
    pub fn is_cancelled(&self) -> bool {
        matches!(self.0.kind, TaskErrorKind::Cancelled)
    }

    /// Whether it took too long.
    pub fn is_timeout(&self) -> bool {
        matches!(self.0.kind, TaskErrorKind::TimedOut(_))
    }
}

impl From<Step> for TaskStage {
    fn from(step: Step) -> Self {
        match step {
            Step::Reading => TaskStage::Reading,
            Step::Running => TaskStage::Running,
            Step::Between | Step::Writing => TaskStage::Writing,
        }
    }
}

impl fmt::Display for TaskStage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            TaskStage::Reading => "reading its argument",
            TaskStage::Running => "running",
            TaskStage::Writing => "writing its value",
        })
    }
}

impl fmt::Display for TaskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { index, attempts, kind } = &*self.0;
        write!(f, "item {index} ")?;
        match kind {
            TaskErrorKind::Panicked(panic, TaskStage::Running) => write!(f, "panicked{}", Said(panic))?,
            TaskErrorKind::Panicked(panic, stage) => write!(f, "panicked {stage}{}", Said(panic))?,
            TaskErrorKind::Died(exit, stage) => write!(f, "was lost {stage}: {exit}")?,
            TaskErrorKind::TimedOut(limit) => write!(f, "took longer than {limit:?}")?,
            TaskErrorKind::Cancelled => write!(f, "was cancelled")?,
            TaskErrorKind::Unsent(why) => write!(f, "was not sent: its argument could not be encoded: {why}")?,
            TaskErrorKind::Unreadable(why) => write!(f, "was not run: its argument could not be read: {why}")?,
            TaskErrorKind::Unwritable(why) => write!(f, "returned, but its value could not be encoded: {why}")?,
            TaskErrorKind::Lost(why) => write!(f, "returned, but its value could not be read: {why}")?,
            TaskErrorKind::NotRun(error) => write!(f, "was not run: {error}")?,
        }
        if *attempts > 1 { write!(f, " (attempt {attempts})") } else { Ok(()) }
    }
}

/// What a panic said, and where.
pub(super) struct Said<'a>(pub(super) &'a Panic);

impl fmt::Display for Said<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.location() {
            Some(location) => write!(f, " at {location}: {}", self.0.message()),
            None => write!(f, ": {}", self.0.message()),
        }
    }
}

impl fmt::Debug for TaskError {
    /// As `Display`: it is what `unwrap` and `fn main() -> Result` show.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for TaskError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.0.kind {
            TaskErrorKind::NotRun(error) => Some(error),
            _ => None,
        }
    }
}
