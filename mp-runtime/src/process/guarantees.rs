//! Which mechanisms stand behind the promise that no process is left.

use std::error::Error;
use std::fmt;

use crate::process::method::server::Server;
use crate::process::{isolation, registry, stopping};
use crate::sys::{adopted, direct, thread};

/// A mechanism that keeps processes from outliving the one that started them. See [`guarantees`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Rung {
    /// The parent-death signal: a child is killed when its parent dies. It is armed for what the first thread of a process
    /// starts: on others it would come with the end of the thread. What the fork server makes was started, in this sense, by the thread
    /// that has started the server.
    DeathSignal,
    /// The lifeline: a child and its process group are killed when its parent dies, whoever they run as.
    Lifeline,
    /// Adoption: whoever a process has left behind, in whatever session, is stopped at the end of the program. In programs made
    /// by `mp_main!`, where the kernel lists the children of a process in procfs (`CONFIG_PROC_CHILDREN`).
    Subreaper,
    /// A PID namespace of its own: the kernel kills all that is in it with its first process. In programs that are
    /// [isolated](crate::isolate()), and in one that is itself the first process of a namespace, as in a container.
    PidNamespace,
}

/// What the calling process can promise. See [`guarantees`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Guarantees {
    death_signal: bool,
    subreaper: bool,
    pid_namespace: bool,
}

/// Tells which mechanisms keep processes from outliving the calling one.
///
/// It is told for what the calling thread starts now, by whatever method. The lifeline, and in the first thread the death signal, are set
/// up by every start but that of a [detached](crate::Builder::detached) process, and it fails if they cannot be. Where another thread than
/// the first has started the fork server, the death signal is not in force: what that makes has none. To have it, let the
/// first thread [start the server](crate::fork_server) ahead.
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
    let is_first = direct::id() == 1;
    let adopts = is_first || adopted::adopts();
    Guarantees {
        death_signal: thread::is_first(direct::id()) && !is_served_by_another_thread(),
        subreaper: adopts && stopping::is_attending() && adopted::children(|_| ()),
        pid_namespace: is_first || isolation::is_in_force(),
    }
}

/// Whether there is a fork server that another thread than the first has started, or what it has made ahead. One that has ended will be
/// started anew.
fn is_served_by_another_thread() -> bool {
    let mut registry = registry::lock();
    let others = |server: &Server| !server.by_first_thread() && (server.parked() > 0 || !server.has_ended());
    registry.is_ours() && registry.server().as_ref().is_some_and(others)
}

impl Guarantees {
    /// Whether the mechanism is in force.
    pub fn hold(&self, rung: Rung) -> bool {
        match rung {
            Rung::DeathSignal => self.death_signal,
            Rung::Lifeline => true,
            Rung::Subreaper => self.subreaper,
            Rung::PidNamespace => self.pid_namespace,
        }
    }

    /// Asks for mechanisms: an error if one of them is not in force.
    ///
    /// A program made by `mp_main!` does so by its option `#![require(subreaper)]`, before it starts anything.
    ///
    /// ```
    /// use mp_runtime::{Rung, guarantees};
    ///
    /// # fn main() {
    /// // In a program with a `main` of its own, nobody stops what processes leave behind.
    /// let error = guarantees().require(&[Rung::Lifeline, Rung::Subreaper]).unwrap_err();
    /// assert_eq!(error.rung(), Rung::Subreaper);
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// The first of `rungs` that is not in force.
    pub fn require(&self, rungs: &[Rung]) -> Result<(), NotGuaranteed> {
        rungs.iter().find(|rung| !self.hold(**rung)).map_or(Ok(()), |rung| Err(NotGuaranteed(*rung)))
    }
}

/// A mechanism was [asked for](Guarantees::require) that is not in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotGuaranteed(Rung);

impl NotGuaranteed {
    /// Which.
    pub fn rung(&self) -> Rung {
        self.0
    }
}

impl fmt::Display for NotGuaranteed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.0 {
            Rung::DeathSignal => {
                "only the first thread of a process can arm it: start processes there, and the fork server"
            }
            Rung::Lifeline => "a start sets it up, or fails",
            Rung::Subreaper => {
                "it takes a program made by `mp_main!`, and a kernel that lists the children of a process in procfs \
                 (`CONFIG_PROC_CHILDREN`)"
            }
            Rung::PidNamespace => {
                "it takes a program that is isolated, by `#![isolate = pid_namespace]` in `mp_main!`, or the first process of a \
                 container"
            }
        };
        write!(f, "the {} is required, and not in force: {what}", self.0)
    }
}

impl Error for NotGuaranteed {}

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
