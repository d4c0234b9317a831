//! The start of a process that is not forked from this one: the parent's side. The child's is in `newborn`.

use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;

use nix::errno::Errno;
use nix::fcntl::{OFlag, open};
use nix::sys::stat::Mode;
use nix::unistd::Pid;

use crate::error::{SpawnError, SpawnErrorKind, Stage};
use crate::process::launch::Launch;
use crate::process::method::server::{self, Server};
use crate::process::method::{Plan, StartMethod, fork};
use crate::process::newborn;
use crate::process::order::{Fds, Message, Work};
use crate::process::record::Record;
use crate::process::registry::Registry;
use crate::process::report::Report;
use crate::process::streams::Streams;
use crate::process::tie::Tie;
use crate::process::{ending, registry};
use crate::sys::{direct, exec, fd, fdpass, image, signal, thread};

/// Starts a process that does `work`, by the server or by `exec`.
///
/// The order, and why:
///
/// 1. SIGCHLD must not be ignored, or the kernel would throw the status away.
/// 2. The registry is held until the child is in it: a child that another thread forks meanwhile gets nothing that belongs
///    to this one.
/// 3. All descriptors are made first, and one is in reserve, as with `fork`. They are copied into the message; a message
///    that nobody receives is freed by the kernel with all that is in it.
/// 4. Signals are blocked: one that stops the program comes before the child is made or after it is on the roll. And the
///    new image begins with them blocked, until it is ready.
pub(crate) fn start(plan: Plan, work: Work) -> Result<Arc<Record>, SpawnError> {
    let Plan { name, daemon, detached, replica, ladder, settings, streams, seed, method, .. } = plan;
    let failed = |stage| move |errno: Errno| SpawnErrorKind::Os(stage, errno as i32);
    if image::executable().is_none() {
        return Err(SpawnError::new(name, failed(Stage::Image)(Errno::ENOEXEC)));
    }
    signal::keep_child_statuses();
    ending::conclude_abandoned();

    // Declared before the registry is held, so dropped after: to drop a report takes the registry.
    let record;
    let (mut report, mut tie) = (None, None);
    let mut held = registry::lock();
    let made = held.prepare().and_then(|parent| {
        report = Some(Report::by_file(held.spares(), parent.id).map_err(failed(Stage::ReportMemory))?);
        tie = Some(Tie::make(detached, &mut held, parent.id).map_err(|(stage, errno)| failed(stage)(errno))?);
        Ok(parent)
    });
    let (parent, report, tie) = match (made, report.take(), tie.take()) {
        (Ok(parent), Some(report), Some(tie)) => (parent, report, tie),
        (made, left, end) => {
            drop(held); // before the report is dropped
            drop((left, end));
            let kind = made.err().unwrap_or(SpawnErrorKind::Os(Stage::Descriptors, libc::EBADF));
            return Err(SpawnError::new(name, kind));
        }
    };
    let seed = held.next_seed(seed);
    let started = direct::now();
    let launch = Launch { name, daemon, replica, ladder, parent, started, report, tie, settings, streams, seed };
    record = Arc::new(Record::new(launch));
    held.add(Arc::clone(&record));
    let begun = signal::Blocked::all().map_err(failed(Stage::SignalMask)).and_then(|_blocked| {
        let by_server = method == StartMethod::ForkServer;
        let id = order(record.launch(), &work, by_server, &mut held)?;
        let pidfd = fork::watch(id, &mut held).map_err(failed(Stage::ProcessDescriptor))?;
        record.launch().tie.let_down();
        record.launch().streams.iter().for_each(|streams| streams.let_go());
        record.begin(id, pidfd);
        Ok(())
    });
    if begun.is_err() {
        held.withdraw();
    }
    drop(held);
    match begun {
        Ok(()) => {
            work.enclosed.sent();
            Ok(record)
        }
        Err(kind) => Err(SpawnError::new(record.name().to_owned(), kind)),
    }
}

/// Has the process made; its id.
fn order(launch: &Launch, work: &Work, by_server: bool, registry: &mut Registry) -> Result<Pid, SpawnErrorKind> {
    let failed = |stage| move |errno: Errno| SpawnErrorKind::Os(stage, errno as i32);
    let (page, file, generation) = launch.report.files().ok_or(SpawnErrorKind::Os(Stage::ReportMemory, libc::EBADF))?;
    // An image that is executed has the directory and the streams of its parent already.
    let directory = if by_server { here() } else { None };
    let given = launch.streams.as_deref();
    let stream = |number: usize| given.and_then(|streams: &Streams| streams.theirs[number].as_ref()?.get());
    let own = |number: usize| if by_server { fd::standard_stream(number as i32) } else { None };
    let fds = Fds {
        page,
        file,
        tie: launch.tie.end().map_err(failed(Stage::Lifeline))?,
        parent: launch.parent.pidfd.get().ok_or(SpawnErrorKind::Os(Stage::Descriptors, libc::EBADF))?,
        directory: directory.as_ref().map(AsFd::as_fd),
        streams: [0, 1, 2].map(|number| stream(number).or_else(|| own(number))),
    };
    let write = |by_first_thread| Message::new(launch, work, by_first_thread, &fds, generation);
    if !by_server {
        let by_first_thread = thread::is_first(launch.parent.id);
        let message = write(by_first_thread).map_err(failed(Stage::Order))?;
        let (ours, theirs) = fdpass::pair().map_err(failed(Stage::Order))?;
        message.send(ours.as_fd(), &fds, work).map_err(failed(Stage::Order))?;
        return exec::run(newborn::PROCESS, theirs.as_fd()).map_err(failed(Stage::Exec));
    }
    for _ in 0..server::TRIES {
        let server = match registry.server() {
            Some(server) => server,
            none => none.insert(Server::start(&launch.parent)?),
        };
        let message = write(server.by_first_thread()).map_err(failed(Stage::Order))?;
        match server.make(|socket| message.send(socket, &fds, work)) {
            Ok(id) => return Ok(id),
            // It is dead, or was as good as that, and is dead now.
            Err(None) => *registry.server() = None,
            Err(Some(errno)) => return Err(failed(Stage::Fork)(errno)),
        }
    }
    Err(failed(Stage::Order)(Errno::EPIPE))
}

/// The working directory; it may have no name any more.
fn here() -> Option<OwnedFd> {
    open(".", OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC, Mode::empty()).ok()
}
