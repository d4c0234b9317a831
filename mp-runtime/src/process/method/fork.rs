//! The start by fork: the parent's side. The child's is in `child`.

use std::io::{self, StderrLock, StdoutLock, Write};
use std::os::fd::OwnedFd;
use std::sync::Arc;

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::waitpid;
use nix::unistd::Pid;

use crate::error::{SpawnError, SpawnErrorKind, Stage};
use crate::process::child::{self, Birth, Run};
use crate::process::launch::Launch;
use crate::process::method::Plan;
use crate::process::record::Record;
use crate::process::registry::Registry;
use crate::process::report::Report;
use crate::process::{ending, panic, registry};
use crate::sys::fork::Forked;
use crate::sys::{direct, fork, pidfd, signal, stdio, thread};

/// Forks a child that runs `run`.
///
/// The order, and why:
///
/// 1. Threads are looked for before anything is made: the refusal costs nothing and leaves nothing.
/// 2. SIGCHLD must not be ignored, or the kernel would throw the status away.
/// 3. All memory is allocated before the fork: each page that is written to while the child lives has to be copied. And
///    every descriptor is made before it, and a place for the child's process descriptor is in reserve: then
///    nothing after the fork can fail for lack of one, when the child is perhaps already in the user's code.
/// 4. std's and C's streams are flushed, or buffered text would come out twice; before anything is locked or blocked,
///    for it may take as long as the reader likes. With threads about, std's are kept locked across the fork: else a
///    thread that prints would leave the child a lock held for ever.
/// 5. The registry is held from here until the child is in it: the child finds it free and whole, no other thread's
///    child gets what belongs to this one, and the panic hook is not changed by two at once.
/// 6. Signals are blocked: a handler of the program must not run in the child, before its actions are reset, nor here,
///    before the child is on the roll of those that a signal stops.
/// 7. `fork`. On both sides std's streams are unlocked; the child lets go of its copy of the registry.
pub(crate) fn start(plan: Plan, run: Run<'_>) -> Result<Arc<Record>, SpawnError> {
    let Plan { name, daemon, replica, ladder, threads_allowed, settings, streams, seed, .. } = plan;
    let threaded = thread::is_threaded();
    if threaded && !threads_allowed {
        return Err(SpawnError::new(name, SpawnErrorKind::Threaded(thread::count())));
    }
    let failed = |stage| move |errno: Errno| SpawnErrorKind::Os(stage, errno as i32);
    signal::keep_child_statuses();
    ending::conclude_abandoned();
    let stdio = Stdio::flush(threaded);

    // Declared before the registry is held, so dropped after: to drop a report takes the registry.
    let mut record;
    let mut held = Some(registry::lock());
    let Some(registry) = &mut held else { unreachable!("just locked") };
    panic::watch();
    let made = registry.prepare().and_then(|parent| {
        let report = Report::new(registry.spares(), parent.id).map_err(failed(Stage::ReportMemory))?;
        let lifeline = registry.lower_lifeline(parent.id).map_err(failed(Stage::Lifeline));
        Ok((parent, report, lifeline))
    });
    let (parent, report, lifeline) = match made {
        Ok(made) => made,
        Err(kind) => return Err(SpawnError::new(name, kind)),
    };
    let lifeline = match lifeline {
        Ok(lifeline) => lifeline,
        Err(kind) => {
            drop(held); // before the report is dropped
            return Err(SpawnError::new(name, kind));
        }
    };
    registry.hide_reports();
    let by_first_thread = thread::is_first(parent.id);
    registry.make_room();
    let comm = child::comm(&name);
    let seed = registry.next_seed(seed);
    let started = direct::now();
    let launch = Launch { name, daemon, replica, ladder, parent, started, report, lifeline, settings, streams, seed };
    record = Arc::new(Record::new(launch));
    let refused = |record: &Record, kind| SpawnError::new(record.name().to_owned(), kind);

    let blocked = signal::Blocked::all().map_err(failed(Stage::SignalMask)).map_err(|kind| refused(&record, kind))?;
    let birth = Birth { registry: &mut held, record: Arc::clone(&record), by_first_thread, comm, told: Ok(()) };
    let forked = fork::fork(!threaded, move |handlers| {
        drop(stdio);
        child::run(birth, handlers, run)
    });
    let Forked { id, pidfd } = forked.map_err(failed(Stage::Fork)).map_err(|kind| refused(&record, kind))?;
    let Some(registry) = &mut held else { unreachable!("only the child lets go of it") };
    let pidfd = match pidfd {
        Some(pidfd) => pidfd,
        None => watch(id, registry).map_err(failed(Stage::ProcessDescriptor)).map_err(|kind| refused(&record, kind))?,
    };
    record.launch().lifeline.let_down();
    record.launch().streams.iter().for_each(|streams| streams.let_go());
    let Some(begun) = Arc::get_mut(&mut record) else { unreachable!("nobody else has seen it") };
    begun.begin(id, pidfd);
    drop(blocked);
    registry.add(Arc::clone(&record));
    Ok(record)
}

/// Opens the process descriptor of a child just made. Without one it cannot be watched, and is ended.
pub(super) fn watch(id: Pid, registry: &mut Registry) -> nix::Result<OwnedFd> {
    let mut opened = pidfd::open(id);
    if let Err(Errno::EMFILE | Errno::ENFILE) = opened
        && registry.yield_reserve()
    {
        opened = pidfd::open(id);
    }
    if opened.is_err() {
        // It is ours and not reaped, so its number is still its own.
        let _ = kill(id, Signal::SIGKILL);
        while waitpid(id, None) == Err(Errno::EINTR) {}
    }
    opened
}

/// std's output streams, locked for this thread. The locks are reentrant: the user may hold them too.
struct Stdio {
    _out: StdoutLock<'static>,
    _err: StderrLock<'static>,
}

impl Stdio {
    /// Flushes std's and C's output, and holds the locks if there is another thread that could take them.
    fn flush(threaded: bool) -> Option<Stdio> {
        let mut out = io::stdout().lock();
        // A stdout that takes nothing any more is the user's to notice, at the next line printed.
        let _ = out.flush();
        stdio::flush_c();
        threaded.then(|| Stdio { _out: out, _err: io::stderr().lock() })
    }
}
