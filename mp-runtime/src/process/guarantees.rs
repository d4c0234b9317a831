//! Which mechanisms stand behind the promise that no process is left.

use std::fmt;

use crate::sys::{adopted, direct};

/// A mechanism that keeps processes from outliving the one that started them. See [`guarantees`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Rung {
    /// The parent-death signal: a child of the first thread of its parent is killed when that dies.
    DeathSignal,
    /// The lifeline: a child and its process group are killed when its parent dies, whoever they run as.
    Lifeline,
    /// Adoption: whoever a process has left behind, in whatever session, is stopped at the end of the program.
    Subreaper,
    /// A PID namespace of its own: the kernel kills all that is in it with its first process.
    PidNamespace,
}

/// What the calling process can promise. See [`guarantees`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Guarantees {
    subreaper: bool,
    pid_namespace: bool,
}

/// Tells which mechanisms keep processes from outliving the calling one.
///
/// The first two are set up by every start, which fails if they cannot be.
///
/// ```
/// use mp_runtime::{Rung, guarantees, mp_main, process};
///
/// #[process]
/// fn work() {}
///
/// mp_main! {
///     work();
///
///     fn main() {
///         assert!(guarantees().hold(Rung::Lifeline));
///         assert!(guarantees().hold(Rung::Subreaper)); // in any program made by `mp_main!`
///     }
/// }
/// ```
pub fn guarantees() -> Guarantees {
    Guarantees { subreaper: adopted::adopts(), pid_namespace: direct::id() == 1 }
}

impl Guarantees {
    /// Whether the mechanism is in force. A program that needs one asks for it and ends if it is not.
    pub fn hold(&self, rung: Rung) -> bool {
        match rung {
            Rung::DeathSignal | Rung::Lifeline => true,
            Rung::Subreaper => self.subreaper || self.pid_namespace,
            Rung::PidNamespace => self.pid_namespace,
        }
    }
}

impl fmt::Display for Rung {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Rung::DeathSignal => "death signal",
            Rung::Lifeline => "lifeline",
            Rung::Subreaper => "subreaper",
            Rung::PidNamespace => "pid namespace",
        })
    }
}

impl fmt::Display for Guarantees {
    /// The mechanisms in force, in one line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = [Rung::DeathSignal, Rung::Lifeline, Rung::Subreaper, Rung::PidNamespace];
        let names: Vec<_> = all.into_iter().filter(|rung| self.hold(*rung)).map(|rung| rung.to_string()).collect();
        f.write_str(&names.join(", "))
    }
}

impl fmt::Debug for Guarantees {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Guarantees({self})")
    }
}
