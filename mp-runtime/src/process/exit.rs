//! How a process ended.

use std::borrow::Cow;
use std::process::ExitStatus;
use std::time::Duration;
use std::{fmt, io};

use crate::error::Stage;
use crate::process::panic::Panic;

/// How a process ended, in full.
///
/// ```
/// use mp_runtime::{ExitKind, process};
///
/// #[process(name = "leaver")]
/// fn leave() {
///     std::process::exit(7);
/// }
///
/// # fn main() {
/// let error = leave::spawn().unwrap().join().unwrap_err();
/// let exit = error.exit().unwrap();
/// assert!(exit.began()); // the function's code ran, perhaps in part
/// assert_eq!(exit.kind(), &ExitKind::Exited(7));
/// assert_eq!(exit.name(), "leaver");
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Exit {
    pub(crate) name: Cow<'static, str>,
    pub(crate) id: u32,
    pub(crate) kind: ExitKind,
    pub(crate) began: bool,
    pub(crate) run_time: Duration,
    pub(crate) usage: Option<Usage>,
}

/// The ways a process can end. See [`Exit::kind`].
///
/// Later versions may add some.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExitKind {
    /// The function returned, and its value is in the parent.
    Returned,
    /// The function returned an `Err`, which says this; or its value could not be encoded.
    Failed(String),
    /// The function panicked, also when the program is built with `panic = "abort"`. Of a panic that no hook sees
    /// (`resume_unwind`) or only a hook of the process's own, an abort shows as SIGABRT.
    Panicked(Panic),
    /// The process ended itself with this code, by `exit` or `_exit`, before the function returned. Also with 0.
    Exited(i32),
    /// A signal killed it.
    #[non_exhaustive]
    Signaled {
        /// The signal's number. Real-time signals included.
        signal: i32,
        /// Whether the kernel wrote a core file.
        core_dumped: bool,
        /// Whether the process had used up its stack.
        stack_overflow: bool,
    },
    /// A step between the fork and the function failed.
    NotStarted {
        /// The step.
        stage: Stage,
        /// The error number it failed with.
        errno: i32,
    },
    /// It has ended, but somebody else in this program took its status: a `waitpid(-1)`, say.
    Lost,
}

/// What a process and the children it waited for have used. From `getrusage(2)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Usage {
    /// The most memory it had resident at one time, in bytes. After a fork, that counts what it shares with its parent.
    pub peak_memory: u64,
    /// Processor time in the program itself.
    pub user_time: Duration,
    /// Processor time in the kernel on its behalf.
    pub system_time: Duration,
}

impl Exit {
    /// The name of the process.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The process id it had. The system may have given it to another process since.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// How it ended.
    pub fn kind(&self) -> &ExitKind {
        &self.kind
    }

    /// Whether the process function began to run. While `false`, a retry repeats nothing.
    pub fn began(&self) -> bool {
        self.began
    }

    /// Whether the function returned, with a value and not with an `Err`.
    pub fn is_success(&self) -> bool {
        matches!(self.kind, ExitKind::Returned)
    }

    /// Its exit code, or `None` if a signal ended it or nobody knows.
    ///
    /// A function that returns is code 0, an `Err` 1, a panic 101, also where the process died of it by SIGABRT.
    pub fn code(&self) -> Option<i32> {
        match &self.kind {
            ExitKind::Returned => Some(0),
            ExitKind::Failed(_) | ExitKind::NotStarted { .. } => Some(1),
            ExitKind::Panicked(_) => Some(101),
            ExitKind::Exited(code) => Some(*code),
            ExitKind::Signaled { .. } | ExitKind::Lost => None,
        }
    }

    /// The signal that ended it, if one did.
    pub fn signal(&self) -> Option<i32> {
        match self.kind {
            ExitKind::Signaled { signal, .. } => Some(signal),
            _ => None,
        }
    }

    /// What it said when it panicked, if it did.
    pub fn panic(&self) -> Option<&Panic> {
        match &self.kind {
            ExitKind::Panicked(panic) => Some(panic),
            _ => None,
        }
    }

    /// How long it ran: until it reported, or, if it could not, until its parent noticed its end.
    pub fn run_time(&self) -> Duration {
        self.run_time
    }

    /// What it used; `None` if its status was lost, or recovered without this part.
    pub fn usage(&self) -> Option<Usage> {
        self.usage
    }

    /// The code with which a program ends that goes by this process, never 0 unless it succeeded.
    ///
    /// Its code if it has one, 128 + n for signal n (as a shell says it), and 1 where neither is known.
    pub(crate) fn program_code(&self) -> u8 {
        let code = match self.kind {
            ExitKind::Returned => return 0,
            ExitKind::Signaled { signal, .. } => 128 + signal,
            _ => self.code().unwrap_or(1),
        };
        u8::try_from(code).ok().filter(|code| *code != 0).unwrap_or(1)
    }
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "process `{}` (pid {}) ", self.name, self.id)?;
        match &self.kind {
            ExitKind::Exited(code) if !self.began => write!(f, "exited with code {code} before its function began"),
            kind @ ExitKind::NotStarted { .. } => write!(f, "{kind}"),
            kind => write!(f, "{kind}{}", if self.began { "" } else { " before its function began" }),
        }
    }
}

impl fmt::Display for ExitKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ExitKind::Returned => write!(f, "returned"),
            ExitKind::Failed(message) => write!(f, "failed: {message}"),
            ExitKind::Panicked(panic) => match panic.location() {
                Some(location) => write!(f, "panicked at {location}: {}", panic.message()),
                None => write!(f, "panicked: {}", panic.message()),
            },
            ExitKind::Exited(code) => write!(f, "exited with code {code} before its function returned"),
            ExitKind::Signaled { signal, core_dumped, stack_overflow } => {
                if *stack_overflow {
                    write!(f, "overflowed its stack and ")?;
                }
                write!(f, "was killed by signal {signal} ({})", SignalName(*signal))?;
                if *core_dumped {
                    write!(f, ", core dumped")?;
                }
                Ok(())
            }
            ExitKind::NotStarted { stage, errno } => {
                write!(f, "did not start: {stage}: {}", io::Error::from_raw_os_error(*errno))
            }
            ExitKind::Lost => write!(f, "ended, but another `wait` in this program took its status"),
        }
    }
}

/// A signal as people write it.
struct SignalName(i32);

impl fmt::Display for SignalName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Ok(signal) = nix::sys::signal::Signal::try_from(self.0) {
            return f.write_str(signal.as_str());
        }
        match self.0 - libc::SIGRTMIN() {
            0 => f.write_str("SIGRTMIN"),
            n => write!(f, "SIGRTMIN{n:+}"),
        }
    }
}

impl Usage {
    pub(crate) fn from_raw(usage: &libc::rusage) -> Usage {
        let time = |time: libc::timeval| {
            Duration::new(time.tv_sec.try_into().unwrap_or(0), 1000 * u32::try_from(time.tv_usec).unwrap_or(0))
        };
        Usage {
            peak_memory: 1024 * u64::try_from(usage.ru_maxrss).unwrap_or(0),
            user_time: time(usage.ru_utime),
            system_time: time(usage.ru_stime),
        }
    }
}

/// The kind of an end without a complete report: the exit status is all there is.
pub(crate) fn bare(status: ExitStatus, stack_overflow: bool) -> ExitKind {
    use std::os::unix::process::ExitStatusExt;
    match (status.code(), status.signal()) {
        (Some(code), _) => ExitKind::Exited(code),
        (None, Some(signal)) => ExitKind::Signaled { signal, core_dumped: status.core_dumped(), stack_overflow },
        (None, None) => ExitKind::Lost,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended(kind: ExitKind) -> Exit {
        Exit { name: "p".into(), id: 7, kind, began: true, run_time: Duration::ZERO, usage: None }
    }

    #[test]
    fn a_program_ends_with_the_code_of_its_first_failure() {
        let signaled = |signal| ExitKind::Signaled { signal, core_dumped: false, stack_overflow: false };
        assert_eq!(ended(ExitKind::Returned).program_code(), 0);
        assert_eq!(ended(ExitKind::Failed("no".into())).program_code(), 1);
        assert_eq!(ended(ExitKind::Exited(7)).program_code(), 7);
        assert_eq!(ended(ExitKind::Exited(0)).program_code(), 1);
        assert_eq!(ended(signaled(9)).program_code(), 137);
        assert_eq!(ended(signaled(64)).program_code(), 192);
        assert_eq!(ended(ExitKind::Lost).program_code(), 1);
    }

    #[test]
    fn one_that_ended_before_its_function_began_says_so_once() {
        let exit = Exit { began: false, ..ended(ExitKind::Exited(127)) };
        assert_eq!(exit.to_string(), "process `p` (pid 7) exited with code 127 before its function began");
    }

    #[test]
    fn real_time_signals_have_names() {
        assert_eq!(SignalName(libc::SIGRTMIN()).to_string(), "SIGRTMIN");
        assert_eq!(SignalName(libc::SIGRTMIN() + 3).to_string(), "SIGRTMIN+3");
        assert_eq!(SignalName(9).to_string(), "SIGKILL");
    }
}
