//! The start by fork: the parent's side. The child's is in `child`.

use std::io::{self, StderrLock, StdoutLock, Write};
use std::sync::Arc;
use std::time::Instant;

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::waitpid;
use nix::unistd::{Pid, setpgid};

use crate::error::{SpawnErrorKind, Stage};
use crate::process::child::{self, Birth, Run};
use crate::process::identity::Identity;
use crate::process::method::Plan;
use crate::process::record::Record;
use crate::process::report::Report;
use crate::process::{ending, registry};
use crate::sys::fd::{self, ProcessFd};
use crate::sys::{fork, memory, pidfd, signal, stdio, thread};

/// Forks a child that runs `run`.
///
/// The order, and why:
///
/// 1. Threads are looked for before anything is made: the refusal costs nothing and leaves nothing.
/// 2. SIGCHLD must not be ignored, or the kernel would throw the status away.
/// 3. Every descriptor is made before the fork, and a place for the child's process descriptor reserved: then
///    nothing after the fork can fail for lack of one, when the child is perhaps already in the user's code.
/// 4. The registry is held across the fork, so the child finds it free and whole.
/// 5. Signals are blocked: a handler of the program must not run in the child, before its actions are reset.
/// 6. std's stdout and stderr are locked and flushed across the fork, C's streams flushed: else a thread that
///    prints would leave the child a lock for ever held, and buffered text would come out twice.
/// 7. `fork`. On both sides what the closure owns is dropped: locks, registry, the reserved descriptor.
/// 8. The parent makes the process group too, for a signal to the group may come before the child gets to it.
pub(crate) fn start(plan: Plan, run: Run<'_>) -> Result<Arc<Record>, SpawnErrorKind> {
    if !plan.threads_allowed && thread::is_threaded() {
        return Err(SpawnErrorKind::Threaded(thread::count()));
    }
    signal::keep_child_statuses();
    ending::conclude_abandoned();

    let failed = |stage| move |errno: Errno| SpawnErrorKind::Os(stage, errno as i32);
    let mut registry = registry::lock();
    registry.prepare()?;
    let Some(parent) = registry.origin() else { return Err(failed(Stage::Descriptors)(Errno::EBADF)) };
    let report = memory::create(c"mp-report").map_err(failed(Stage::ReportMemory))?;
    let reserved = fd::placeholder(std::os::fd::AsFd::as_fd(&report)).map_err(failed(Stage::Descriptors))?;
    let report = Arc::new(Report::new(report));

    let Plan { name, daemon, replica, .. } = plan;
    let identity = Identity { name: name.clone(), daemon, replica, parent };
    let parent = nix::unistd::getpid();
    let by_first_thread = thread::is_first();
    let started = Instant::now();
    let blocked = signal::Blocked::all().map_err(failed(Stage::SignalMask))?;
    let stdio = Stdio::hold();
    let child_report = Arc::clone(&report);
    let forked = fork::fork(move || {
        drop((reserved, stdio));
        let report = child_report;
        child::run(Birth { registry, identity, report, started, parent, by_first_thread }, run)
    });
    let id = forked.map_err(failed(Stage::Fork))?;
    // Fails once the child has ended or done it itself.
    let _ = setpgid(id, id);
    let pidfd = pidfd::open(id).map_err(|errno| {
        discard(id);
        failed(Stage::ProcessDescriptor)(errno)
    })?;
    drop(blocked);

    let record = Arc::new(Record::new(name, id, daemon, started, ProcessFd::new(pidfd), report));
    registry::lock().add(Arc::clone(&record));
    Ok(record)
}

/// Ends and reaps a child that cannot be watched. It is ours and not reaped, so its number is still its own.
fn discard(id: Pid) {
    let _ = kill(id, Signal::SIGKILL);
    while waitpid(id, None) == Err(Errno::EINTR) {}
}

/// std's output streams, flushed, and locked for this thread. The locks are reentrant: the user may hold them too.
struct Stdio {
    _out: StdoutLock<'static>,
    _err: StderrLock<'static>,
}

impl Stdio {
    fn hold() -> Stdio {
        let mut out = io::stdout().lock();
        let err = io::stderr().lock();
        // A stdout that takes nothing any more is the user's to notice, at the next line printed.
        let _ = out.flush();
        stdio::flush_c();
        Stdio { _out: out, _err: err }
    }
}
