//! Why a program could not be isolated.

use std::error::Error;
use std::{fmt, io};

/// Why a program could not be [isolated](crate::isolate()).
///
/// `Display` says what failed and what to do.
pub struct IsolateError(Kind);

#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    /// The program has threads; how many, if that could be found out.
    Threaded(Option<usize>),
    /// It has processes.
    HasProcesses,
    /// It is a process of a program.
    Process,
    /// A system call failed.
    Os(Step, i32),
}

/// A step of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Descriptors,
    Rights,
    Signals,
    Namespace,
    DeathSignal,
    Ids,
    Procfs,
    Entry,
    Fork,
}

impl Step {
    pub(super) const ALL: [Step; 9] = [
        Step::Descriptors,
        Step::Rights,
        Step::Signals,
        Step::Namespace,
        Step::DeathSignal,
        Step::Ids,
        Step::Procfs,
        Step::Entry,
        Step::Fork,
    ];

    fn name(self) -> &'static str {
        match self {
            Step::Descriptors => "making its descriptors",
            Step::Rights => "keeping its rights",
            Step::Signals => "setting the signal mask",
            Step::Namespace => "making the namespace",
            Step::DeathSignal => "arming the death signal of its first process",
            Step::Ids => "mapping its user and group",
            Step::Procfs => "mounting its `/proc`",
            Step::Entry => "entering the namespace",
            Step::Fork => "fork",
        }
    }

    /// What to do about `errno`.
    fn advice(self, errno: i32) -> Option<&'static str> {
        Some(match (self, errno) {
            (Step::Namespace, libc::EPERM) => {
                "this system lets it make neither a PID namespace (CAP_SYS_ADMIN) nor a user namespace: allow user namespaces \
                 (sysctl `kernel.unprivileged_userns_clone`; the filter of system calls of a container), or run it as root"
            }
            (Step::Namespace, libc::ENOSPC) => {
                "there are as many as are allowed: raise the sysctls `user.max_user_namespaces` and `user.max_pid_namespaces`"
            }
            (Step::Namespace | Step::Entry, libc::ENOSYS | libc::EINVAL) => {
                "the kernel, or a filter of system calls, lacks `clone3` or `setns` with process descriptors: it takes Linux 5.8"
            }
            (Step::Ids, _) | (Step::Procfs, libc::EACCES) => {
                "a security module keeps user namespaces without rights: allow this program (AppArmor: a profile with `userns`, or \
                 sysctl `kernel.apparmor_restrict_unprivileged_userns=0`), or run it as root"
            }
            (Step::Procfs, libc::EPERM) => {
                "parts of `/proc` are hidden here, as in a container: run it with these shown (Docker: \
                 `--security-opt systempaths=unconfined`), or as root with CAP_SYS_ADMIN"
            }
            _ => return None,
        })
    }
}

impl IsolateError {
    /// Whether the program has threads beside the one that asked.
    pub fn is_threaded(&self) -> bool {
        matches!(self.0, Kind::Threaded(_))
    }

    /// Whether the kernel or a sandbox does not allow it, so that another attempt would fail as well.
    pub fn is_refused(&self) -> bool {
        matches!(self.0, Kind::Os(step, errno) if step.advice(errno).is_some())
    }

    /// The error number of the system call that failed, if one did.
    pub fn raw_os_error(&self) -> Option<i32> {
        match self.0 {
            Kind::Os(_, errno) => Some(errno),
            _ => None,
        }
    }
}

impl From<Kind> for IsolateError {
    fn from(kind: Kind) -> IsolateError {
        IsolateError(kind)
    }
}

impl fmt::Display for IsolateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("it cannot be isolated: ")?;
        match self.0 {
            Kind::Threaded(threads) => {
                match threads {
                    Some(threads) => write!(f, "it has {threads} threads")?,
                    None => f.write_str("it has more than one thread")?,
                }
                f.write_str(", which could not go with it into the namespace: call `isolate` before the first is started")
            }
            Kind::HasProcesses => f.write_str(
                "it has processes, which could not go with it into the namespace: call `isolate` before the first is started",
            ),
            Kind::Process => f.write_str(
                "it is a process of a program, and isolated with that: call `isolate` in the program, before it starts anything",
            ),
            Kind::Os(step, errno) => {
                write!(f, "{}: {}", step.name(), io::Error::from_raw_os_error(errno))?;
                step.advice(errno).map_or(Ok(()), |advice| write!(f, "; {advice}"))
            }
        }
    }
}

impl fmt::Debug for IsolateError {
    /// As `Display`: it is what `unwrap` and `fn main() -> Result` show.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for IsolateError {}
