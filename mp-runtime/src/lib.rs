//! Processes as easy as threads: declare functions as processes, and the program starts, watches and joins them.

#[cfg(not(target_os = "linux"))]
compile_error!("mp-runtime runs on Linux only: it rests on pidfd, parent-death signals and memfd");

#[doc(hidden)]
pub mod __private;
mod error;
mod process;
mod program;
mod sys;
mod wire;

pub use error::{SpawnError, Stage};
pub use mp_macros::{mp_main, process};
pub use process::body::Body;
pub use process::builder::Builder;
pub use process::exit::{Exit, ExitKind, Usage};
pub use process::handle::{ActiveChild, Child, active_children};
pub use process::identity::{Current, Parent, current, parent};
pub use process::join_error::JoinError;
pub use process::panic::{Location, Panic};
