//! Runs small real programs as children, under a deadline, and checks after every run that nothing was left behind.
//!
//! ```no_run
//! use mp_tests::example;
//!
//! let outcome = example("hello").arg("world").run();
//! outcome.assert_code(0);
//! assert_eq!(outcome.stdout, "hello world\n");
//! ```
//!
//! [`Run::run`] and [`Running::finish`] panic, with a full account, unless the program ended before its deadline, reaped
//! its children, closed its fds, left no process, no temporary file, nothing in shared memory, and no alarming words
//! on stderr. A test that wants one of these says so with [`Run::expect`]. A program that a signal ended is not asked
//! to have tidied its fds and children; its descendants still have to vanish.
//!
//! Between the test and the program stands the `warden`, a subreaper of one thread which traces the program (and only
//! it) to look at it in the moment of its exit. The program has a process group of its own.

mod alarm;
mod build;
mod census;
mod conformance;
#[doc(hidden)]
pub mod endings;
mod expect;
mod line;
mod locate;
mod outcome;
mod privilege;
mod report;
mod run;
mod running;
mod scratch;
mod shared_memory;
mod stream;
#[doc(hidden)]
pub mod sweep;
mod sys;
mod tracee;
#[doc(hidden)]
pub mod warden;

pub use build::build;
pub use census::Process;
pub use expect::Expect;
pub use locate::{built, example, fixture};
pub use outcome::Outcome;
pub use privilege::{is_root, not_tested};
pub use report::Report;
pub use run::Run;
pub use running::Running;
#[doc(hidden)]
pub use sys::raise;
#[doc(hidden)]
pub use tracee::begun_call;
