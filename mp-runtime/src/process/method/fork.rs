//! The start by fork: the parent's side. The child's is in `child`.

use std::convert::Infallible;
use std::io::{self, StderrLock, StdoutLock, Write};
use std::mem;
use std::os::fd::OwnedFd;
use std::sync::MutexGuard;
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::waitpid;
use nix::unistd::Pid;

use crate::error::{SpawnError, SpawnErrorKind, Stage};
use crate::process::child::{self, Birth, Mark, Run};
use crate::process::launch::{Launch, Starter};
use crate::process::method::Plan;
use crate::process::record::Record;
use crate::process::registry::Registry;
use crate::process::report::Report;
use crate::process::tie::Tie;
use crate::process::{capture, ending, panic, registry};
use crate::sys::counted::Counted;
use crate::sys::fork::{Born, Handlers};
use crate::sys::near::{lay_near, near};
use crate::sys::{clock, direct, fork, identity, image, pidfd, signal, stdio, thread};

/// Forks a child that runs `run`. Its caller has no more use for the plan.
///
/// The order, and why:
///
/// 1. Threads are looked for before anything is made: the refusal costs nothing and leaves nothing.
/// 2. SIGCHLD must not be ignored, or the kernel would throw the status away.
/// 3. All memory is allocated before the fork: each page that is written to while the child lives has to be copied. And
///    every descriptor is made before it but the child's process descriptor, for which there is one in reserve: after the
///    fork it would be too late to lack one, for the child is perhaps already in the user's code.
/// 4. std's and C's streams are flushed, or buffered text would come out twice; before anything is locked or blocked,
///    for it may take as long as the reader likes. With threads about, std's are kept locked across the fork: else a
///    thread that prints would leave the child a lock held for ever.
/// 5. The registry is held from here until the child runs: the child finds it free and whole, with its own record in it, no other thread's
///    child gets what belongs to this one, and the panic hook is not changed by two at once.
/// 6. Signals are blocked: a handler of the program must not run in the child, before its actions are reset, nor here,
///    before the child is on the roll of those that a signal stops.
/// 7. `fork`. On both sides std's streams are unlocked; the child lets go of its copy of the registry, and of the place
///    where libtest may keep what its thread prints.
pub(crate) fn start(plan: &mut Plan, run: Run<'_>) -> Result<Counted<Record>, SpawnError> {
    let threaded = thread::is_threaded();
    if threaded {
        if !plan.threads_allowed {
            return Err(SpawnError::new(
                mem::take(&mut plan.name),
                SpawnErrorKind::Threaded(thread::count(), plan.caller),
            ));
        }
        identity::prepare();
        image::prepare();
    }
    signal::keep_child_statuses();
    ending::conclude_abandoned();
    let stdio = Stdio::flush(threaded);

    let (record, held, mark) = record(plan, !threaded)?;
    match fork(&record, held, mark, stdio, run) {
        Ok(()) => Ok(record),
        Err(kind) => Err(SpawnError::new(record.name().to_owned(), kind)),
    }
}

type Held = MutexGuard<'static, Registry>;

/// Takes the registry, and makes everything that can be made before a fork. The record is in the registry then.
///
/// A function of its own, never a part of its caller: what it needs of the stack is given back before the fork.
#[inline(never)]
fn record(plan: &mut Plan, alone: bool) -> Result<(Counted<Record>, Held, Mark), SpawnError> {
    let Plan { name, daemon, detached, replica, ladder, settings, streams, seed, .. } = mem::take(plan);
    let mut registry = registry::lock();
    panic::watch();
    let failed = |stage| move |errno: Errno| SpawnErrorKind::Os(stage, errno as i32);
    let made = registry.prepare().and_then(|parent| {
        let report = Report::new(registry.spares(), parent.id).map_err(failed(Stage::ReportMemory))?;
        let tie = Tie::make(detached, &mut registry, parent.id).map_err(|(stage, errno)| failed(stage)(errno));
        Ok((parent, report, tie))
    });
    let (parent, report, tie) = match made {
        Ok((parent, report, Ok(tie))) => (parent, report, tie),
        Ok((_, report, Err(kind))) => {
            drop(registry); // before the report is dropped, which takes it
            drop(report);
            return Err(SpawnError::new(name, kind));
        }
        Err(kind) => return Err(SpawnError::new(name, kind)),
    };
    registry.hide_reports();
    let comm = child::comm(&name);
    let seed = registry.next_seed(seed);
    let started = clock::now();
    let parent = Starter::Itself(parent);
    let launch = Launch { name, daemon, replica, ladder, parent, started, report, tie, settings, streams, seed };
    let mark = Mark { comm, turns: registry.turn_hash_keys(alone) };
    let record = registry.add(launch);
    Ok((record, registry, mark))
}

near! {
    /// Steps 6 and 7, and what is left to do for the parent. If it fails, the record is not in the registry any more.
    ///
    /// What the child writes to lies in this frame; one above it may be in another page.
    #[inline(never)]
    fn fork(record: &Record, held: Held, mark: Mark, stdio: Option<Stdio>, run: Run<'_>) -> Result<(), SpawnErrorKind> {
        lay_near!(weight: 1000, self::fork => child::run);
        let alone = stdio.is_none();
        let thread = direct::thread();
        let by_first_thread = thread == record.launch().parent.id; // its number is that of the process
        let may_be_captured = capture::is_likely(by_first_thread);
        let mut held = Some(held);
        // No closure: the child begins here, and a closure could lie elsewhere.
        let made = 'made: {
            let blocked = match signal::Blocked::all() {
                Ok(blocked) => blocked,
                Err(errno) => break 'made Err((Stage::SignalMask, errno)),
            };
            let birth = Birth { registry: &mut held, by_first_thread, mark, out: io::stdout(), told: Ok(()) };
            let id = match fork::fork(alone.then_some(thread), Newborn { stdio, may_be_captured, birth, run }) {
                Ok(id) => id,
                Err(errno) => break 'made Err((Stage::Fork, errno)),
            };
            let Some(registry) = &mut held else { unreachable!("only the child lets go of it") };
            match watch(id, registry) {
                Ok(pidfd) => Ok((id, pidfd, blocked)),
                Err(errno) => Err((Stage::ProcessDescriptor, errno)),
            }
        };
        let (id, pidfd, _blocked) = made.map_err(|(stage, errno)| {
            held.iter_mut().for_each(|registry| registry.withdraw()); // before the record is dropped
            SpawnErrorKind::Os(stage, errno as i32)
        })?;
        record.launch().tie.let_down();
        record.launch().streams.iter().for_each(|streams| streams.let_go());
        record.begin(id, pidfd);
        Ok(())
    }
}

/// The child, with what it has from its parent.
struct Newborn<'a> {
    stdio: Option<Stdio>,
    may_be_captured: bool,
    birth: Birth<'a>,
    run: Run<'a>,
}

impl Born for Newborn<'_> {
    #[inline(always)]
    fn live(mut self, handlers: Handlers) -> Infallible {
        if let Some(stdio) = self.stdio.take() {
            drop(stdio);
        }
        if self.may_be_captured {
            capture::end();
        }
        child::run(&mut self.birth, handlers, self.run)
    }
}

/// Opens the process descriptor of a child just made. Without one it cannot be watched, and is ended.
///
/// It is open before a signal is let through, so in a process of one thread nobody can reap the child first.
#[inline]
pub(super) fn watch(id: Pid, registry: &mut Registry) -> nix::Result<OwnedFd> {
    let mut opened = pidfd::open(id);
    if let Err(Errno::EMFILE | Errno::ENFILE | Errno::ENOMEM) = opened
        && registry.yield_reserve()
    {
        opened = open_at_last(id);
    }
    if let Err(errno) = opened
        && errno != Errno::ESRCH
    {
        // It is ours and not reaped, so its number is still its own. With ESRCH somebody has reaped it.
        let _ = kill(id, Signal::SIGKILL);
        while waitpid(id, None) == Err(Errno::EINTR) {}
    }
    opened
}

/// Opens the process descriptor when the one in reserve was given up. The place in this process's table is free then; the file is when
/// every child has let go of its copy, which is the first that it does. One that somebody has stopped before is not waited for without end.
fn open_at_last(id: Pid) -> nix::Result<OwnedFd> {
    const PATIENCE: Duration = Duration::from_millis(100);
    const SLICE: Duration = Duration::from_millis(1);
    let begin = direct::now();
    loop {
        let passed = direct::now() - begin; // before the try: one comes after the last pause
        match pidfd::open(id) {
            Err(Errno::ENFILE | Errno::ENOMEM) if passed < PATIENCE => pidfd::pause(SLICE),
            opened => return opened,
        }
    }
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
