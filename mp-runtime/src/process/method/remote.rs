//! The start of a process that is not forked from this one: the parent's side. The child's is in `newborn`.

use std::ffi::CString;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use nix::errno::Errno;
use nix::fcntl::{OFlag, open};
use nix::sys::stat::Mode;
use nix::unistd::Pid;

use crate::error::{SpawnError, SpawnErrorKind, Stage};
use crate::process::launch::{Launch, Starter};
use crate::process::method::server::{self, Server};
use crate::process::method::{Plan, StartMethod, fork, parked};
use crate::process::newborn;
use crate::process::order::{Fds, Message, Own, Work};
use crate::process::record::Record;
use crate::process::registry::Registry;
use crate::process::report::Report;
use crate::process::server::BESIDE_THREADS;
use crate::process::streams::Streams;
use crate::process::tie::Tie;
use crate::process::{ending, registry};
use crate::sys::counted::Counted;
use crate::sys::fd::ProcessFd;
use crate::sys::{clock, exec, fd, fdpass, image, signal, thread};

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
pub(crate) fn start(plan: Plan, work: Work) -> Result<Counted<Record>, SpawnError> {
    let Plan { name, daemon, detached, replica, ladder, settings, streams, seed, method, .. } = plan;
    let failed = |stage| move |errno: Errno| SpawnErrorKind::Os(stage, errno as i32);
    if let Err(errno) = may_be_run_again() {
        return Err(SpawnError::new(name, failed(Stage::Image)(errno)));
    }
    signal::keep_child_statuses();
    ending::conclude_abandoned();

    // Declared before the registry is held, so dropped after: to drop a report takes the registry.
    let record;
    let (mut report, mut tie) = (None, None);
    let mut held = registry::lock();
    let by_server = method == StartMethod::ForkServer;
    let mut ready = None;
    let made = held.prepare().and_then(|parent| {
        if by_server
            && !detached
            && let Some((parked, id, pidfd)) = held.server().as_mut().and_then(Server::unpark)
        {
            report = Some(parked.report);
            tie = Some(Tie::Lifeline(parked.lifeline));
            ready = Some(Ready { socket: parked.socket, id, pidfd });
            return Ok(parent);
        }
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
    let started = clock::now();
    let parent = Starter::Itself(parent);
    let launch = Launch { name, daemon, replica, ladder, parent, started, report, tie, settings, streams, seed };
    record = held.add(launch);
    let begun = signal::Blocked::all().map_err(failed(Stage::SignalMask)).and_then(|_blocked| {
        let (id, pidfd) = match ready {
            Some(Ready { socket, id, pidfd }) => {
                // In no list any more: nobody else would reap it.
                send(record.launch(), &work, &socket).inspect_err(|_| parked::end(pidfd.as_fd()))?;
                (id, pidfd)
            }
            None => {
                let id = order(record.launch(), &work, by_server, &mut held)?;
                (id, fork::watch(id, &mut held).map_err(failed(Stage::ProcessDescriptor))?)
            }
        };
        record.launch().tie.let_down();
        record.launch().streams.iter().for_each(|streams| streams.let_go());
        record.begin(id, pidfd);
        if by_server {
            top_up(&mut held);
        }
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

/// A process that waits for its order.
struct Ready {
    socket: ProcessFd,
    id: Pid,
    pidfd: OwnedFd,
}

/// Whether the functions of this process are found in another one of the same executable, and it is not the constructors of such a one
/// that ask, which each one after it would have again.
fn may_be_run_again() -> nix::Result<()> {
    image::executable().ok_or(Errno::ENOEXEC)?;
    if exec::is_becoming() { Err(Errno::ELOOP) } else { Ok(()) }
}

/// Starts the server, if there is none, and keeps `parked` processes ready.
pub(crate) fn prepare(parked: usize) -> Result<(), SpawnError> {
    signal::keep_child_statuses();
    let mut held = registry::lock();
    let prepared = held.prepare().and_then(|parent| {
        let failed = |stage| move |errno: Errno| SpawnErrorKind::Os(stage, errno as i32);
        may_be_run_again().map_err(failed(Stage::Image))?;
        let _blocked = signal::Blocked::all().map_err(failed(Stage::SignalMask))?;
        // Whoever calls this may well want the server to be there.
        if held.server().as_ref().is_some_and(Server::has_ended) {
            *held.server() = None;
        }
        if held.server().is_none() {
            *held.server() = Some(Server::start(parent)?);
        }
        if let Some(server) = held.server() {
            server.forget_ended();
        }
        *held.parked() = parked;
        top_up(&mut held);
        Ok(())
    });
    prepared.map_err(|kind| SpawnError::new("mp-fork-server".to_owned(), kind))
}

/// Has as many processes made ahead as are wanted. Waits for nothing, and for lack of anything leaves it at fewer.
fn top_up(registry: &mut Registry) {
    let wanted = *registry.parked();
    while let Some(server) = registry.server()
        && server.parked() < wanted
    {
        let Ok(parent) = registry.prepare() else { return };
        let Ok(report) = Report::by_file(registry.spares(), parent.id) else { return };
        let lifeline = match registry.lower_lifeline(parent.id) {
            Ok(lifeline) => lifeline,
            Err(_) => return report.discard(),
        };
        let Some(server) = registry.server() else { return };
        if !server.park(report, lifeline, &parent.pidfd) {
            return;
        }
    }
    if let Some(server) = registry.server() {
        server.dismiss_beyond(wanted);
    }
}

/// Sends the order to a process that waits for it.
///
/// One that is killed just now does not read it: then it is the process just started that was killed.
fn send(launch: &Launch, work: &Work, socket: &ProcessFd) -> Result<(), SpawnErrorKind> {
    let failed = |errno: Errno| SpawnErrorKind::Os(Stage::Order, errno as i32);
    let (_, _, generation) = launch.report.files().ok_or(SpawnErrorKind::Os(Stage::ReportMemory, libc::EBADF))?;
    let directory = directory(launch)?;
    let fds = fds(launch, None, directory.as_ref(), true);
    // What goes by the thread it has done already.
    let message = Message::new(launch, work, false, &fds, generation).map_err(failed)?;
    match socket.get().map_or(Err(Errno::EBADF), |socket| message.send(socket, &fds, work)) {
        Err(Errno::EPIPE | Errno::ECONNRESET) => Ok(()),
        sent => sent.map_err(failed),
    }
}

/// What goes with an order; `all` of the streams, or those that are not the parent's.
fn fds<'fd>(
    launch: &'fd Launch,
    own: Option<Own<BorrowedFd<'fd>>>,
    directory: Option<&'fd OwnedFd>,
    all: bool,
) -> Fds<'fd> {
    let given = launch.streams.as_deref();
    let stream = |number: usize| given.and_then(|streams: &Streams| streams.theirs[number].as_ref()?.get());
    let parents = |number: usize| if all { fd::standard_stream(number as i32) } else { None };
    let streams = [0, 1, 2].map(|number| stream(number).or_else(|| parents(number)));
    Fds { own, directory: directory.map(AsFd::as_fd), streams }
}

/// Has the process made; its id.
fn order(launch: &Launch, work: &Work, by_server: bool, registry: &mut Registry) -> Result<Pid, SpawnErrorKind> {
    let failed = |stage| move |errno: Errno| SpawnErrorKind::Os(stage, errno as i32);
    let (page, file, generation) = launch.report.files().ok_or(SpawnErrorKind::Os(Stage::ReportMemory, libc::EBADF))?;
    // An image that is executed has the directory and the streams of its parent already.
    let directory = if by_server { directory(launch)? } else { None };
    let own = Own {
        page,
        file,
        tie: launch.tie.end().map_err(failed(Stage::Lifeline))?,
        parent: launch.parent.pidfd.get().ok_or(SpawnErrorKind::Os(Stage::Descriptors, libc::EBADF))?,
    };
    let fds = fds(launch, Some(own), directory.as_ref(), by_server);
    let write = |by_first_thread| Message::new(launch, work, by_first_thread, &fds, generation);
    if !by_server {
        if let Some(why) = exec::obstacle() {
            return Err(SpawnErrorKind::Executable(why));
        }
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
            Err(Some(BESIDE_THREADS)) => return Err(SpawnErrorKind::ServerThreaded),
            Err(Some(errno)) => return Err(failed(Stage::Fork)(errno)),
        }
    }
    Err(failed(Stage::Order)(Errno::EPIPE))
}

/// The working directory, which may have no name any more, for a process to begin in: the server is elsewhere. `None` for one that
/// goes to another from wherever it is.
fn directory(launch: &Launch) -> Result<Option<OwnedFd>, SpawnErrorKind> {
    let goes_away = |path: &CString| path.as_bytes().starts_with(b"/");
    if launch.settings.as_ref().and_then(|settings| settings.directory.as_ref()).is_some_and(goes_away) {
        return Ok(None);
    }
    let here = open(".", OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC, Mode::empty());
    here.map(Some).map_err(|errno| SpawnErrorKind::Os(Stage::Directory, errno as i32))
}
