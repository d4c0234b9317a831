//! What a process keeps of one child, from its start until nobody asks any more.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use nix::unistd::Pid;

use crate::process::end::End;
use crate::process::ending;
use crate::process::exit::{Exit, ExitKind};
use crate::process::launch::Launch;
use crate::process::registry::{self, Registry};
use crate::process::stopping::{self, Ladder};
use crate::process::streams::Streams;
use crate::process::terminal;
use crate::sys::direct;
use crate::sys::fd::ProcessFd;
use crate::sys::identity::Identity;
use crate::sys::pidfd;
use crate::sys::roll::Place;
use crate::sys::wait::{self, Waited};

mod signals;

/// One child. Shared by its handle and the registry.
#[derive(Debug)]
pub(crate) struct Record {
    launch: Launch,
    /// 0 until it runs.
    id: AtomicI32,
    pidfd: ProcessFd,
    /// Set once, by the one who reaped it.
    end: OnceLock<End>,
    /// Held while reaping, so that nobody takes "already reaped" for "lost".
    reaping: Mutex<()>,
    /// Whether the user has been told how it ended.
    seen: AtomicBool,
    /// The signals sent through its handle; bit n - 1 is signal n.
    sent: AtomicU64,
    /// The process that started it. In any other this is a copy, and inert.
    owner: i32,
    /// Where the signal handlers of this process find it, until it is reaped.
    place: OnceLock<&'static Place>,
    /// Where they find it as the one that owns the terminal, if it does.
    terminal: OnceLock<&'static Place>,
}

impl Record {
    /// The record of a process that is about to be forked.
    pub(crate) fn new(launch: Launch) -> Record {
        Record {
            owner: launch.parent.id,
            launch,
            id: AtomicI32::new(0),
            pidfd: ProcessFd::none(),
            end: OnceLock::new(),
            reaping: Mutex::new(()),
            seen: AtomicBool::new(false),
            sent: AtomicU64::new(0),
            place: OnceLock::new(),
            terminal: OnceLock::new(),
        }
    }

    /// What the child knows, too.
    pub(crate) fn launch(&self) -> &Launch {
        &self.launch
    }

    /// Notes that the process runs. Called once, before anybody else has the record.
    #[inline]
    pub(crate) fn begin(&self, id: Pid, pidfd: OwnedFd) {
        // No signal that is meant for the program is meant for one that is detached.
        if !self.is_detached()
            && let Some(place) = stopping::enter(pidfd.as_fd(), self.launch.ladder)
        {
            let _ = self.place.set(place);
        }
        if self.launch.settings.as_ref().is_some_and(|settings| settings.terminal)
            && let Some(place) = terminal::lend(pidfd.as_fd(), id.as_raw())
        {
            let _ = self.terminal.set(place);
        }
        self.id.store(id.as_raw(), Ordering::Relaxed);
        self.pidfd.fill(pidfd);
    }

    fn pid(&self) -> Pid {
        Pid::from_raw(self.id.load(Ordering::Relaxed))
    }

    pub(crate) fn name(&self) -> &str {
        &self.launch.name
    }

    pub(crate) fn id(&self) -> u32 {
        self.pid().as_raw().unsigned_abs()
    }

    pub(crate) fn is_daemon(&self) -> bool {
        self.launch.daemon
    }

    /// Whether it lives on when this process ends.
    pub(crate) fn is_detached(&self) -> bool {
        self.launch.tie.is_detached()
    }

    /// Whether the terminal was lent to it.
    pub(crate) fn owns_terminal(&self) -> bool {
        self.terminal.get().is_some()
    }

    /// How it is asked to stop, and how long it may take.
    pub(crate) fn ladder(&self) -> Ladder {
        self.launch.ladder
    }

    /// Shares its report with no more processes.
    pub(crate) fn hide_report(&self) {
        self.launch.report.hide();
    }

    /// Its name for what processes hold in common.
    pub(crate) fn identity(&self) -> Option<Identity> {
        Identity::of(self.pidfd().get()?, self.pid().as_raw())
    }

    pub(crate) fn streams(&self) -> Option<&Streams> {
        self.launch.streams.as_deref().filter(|_| !self.is_foreign())
    }

    pub(crate) fn pidfd(&self) -> &ProcessFd {
        &self.pidfd
    }

    /// Whether another process than this one started the child.
    pub(crate) fn is_foreign(&self) -> bool {
        self.owner != direct::id()
    }

    /// Frees all of it, in the fork server: the process that it describes has its own copy.
    pub(crate) fn discard(self) {
        self.launch.discard();
    }

    /// Lets go of the descriptors, in a child just forked: the process they belong to is a sibling there.
    pub(crate) fn release(&self) {
        self.pidfd().release();
        self.launch.release();
    }

    /// Gives back what it holds, once nobody asks any more.
    #[inline]
    pub(crate) fn bury(&mut self, registry: &mut Registry) {
        self.pidfd.close(); // here, for what another thread forks next has none of it
        self.launch.bury(registry);
    }

    /// How it ended, if it has: reaps it then.
    pub(crate) fn poll(&self) -> Option<&Exit> {
        if let Some(end) = self.end.get() {
            return Some(&end.exit);
        }
        if self.is_foreign() { None } else { self.reap() }
    }

    /// Reaps it if it has ended, in the process that started it.
    #[inline]
    fn reap(&self) -> Option<&Exit> {
        let _reaping = self.reaping.lock().unwrap_or_else(PoisonError::into_inner);
        if self.end.get().is_none() {
            let ended = match wait::reap(self.pidfd().get()?) {
                Waited::Running => return None,
                Waited::Ended(ended) => Some(ended),
                Waited::Lost => None,
            };
            let _ = self.end.set(End::new(&self.launch, self.id(), ended));
            self.place.get().into_iter().for_each(|place| stopping::leave(place));
            self.terminal.get().into_iter().for_each(|place| terminal::take_back(place, self.pid().as_raw()));
        }
        self.end.get().map(|end| &end.exit)
    }

    /// Waits until it has ended, or until `deadline`; `None` if that came first, or in another process.
    pub(crate) fn wait(&self, deadline: Option<Instant>) -> Option<&Exit> {
        if self.is_foreign() { self.poll() } else { self.wait_here(deadline) }
    }

    /// As [`wait`](Record::wait), in the process that started it.
    #[inline]
    pub(crate) fn wait_here(&self, deadline: Option<Instant>) -> Option<&Exit> {
        if let Some(end) = self.end.get() {
            return Some(&end.exit);
        }
        if let Some(exit) = registry::vigil().keep(deadline, || self.reap()) {
            return Some(exit);
        }
        loop {
            let pidfd = self.pidfd().get()?;
            match deadline {
                None => ending::block(pidfd),
                Some(_) => {
                    if pidfd::wait(pidfd, deadline) == Ok(false) {
                        ending::reap_strays();
                        return self.poll();
                    }
                }
            }
            if let Some(exit) = self.reap() {
                return Some(exit);
            }
            // Ended, but a foreign tracer has its status: it comes when the tracer lets go. Or the wait was refused.
            if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                return None;
            }
            pidfd::pause(Duration::from_millis(1));
        }
    }

    /// When it ended, by the clock of [`direct::now`]: when it reported, or when its parent noticed. `None` before.
    pub(crate) fn ended_at(&self) -> Option<Duration> {
        Some(self.launch.started + self.end.get()?.exit.run_time())
    }

    /// Notes that the user knows how it ended.
    pub(crate) fn saw(&self) {
        self.seen.store(true, Ordering::Relaxed);
    }

    /// How it ended, if that is a failure that nobody has looked at.
    ///
    /// An end by a signal that was sent through the handle is what the user wanted, and so is an orderly exit upon
    /// being asked to end.
    pub(crate) fn unseen_failure(&self) -> Option<&Exit> {
        let exit = &self.end.get()?.exit;
        if exit.is_success() || self.seen.load(Ordering::Relaxed) {
            return None;
        }
        let sent = |signal| self.was_sent(signal);
        let obeyed = *exit.kind() == ExitKind::Exited(0)
            && [libc::SIGTERM, libc::SIGINT, self.launch.ladder.signal].into_iter().any(sent);
        let wanted = obeyed || exit.signal().is_some_and(sent);
        (!wanted).then_some(exit)
    }

    /// Hands the bytes of its value to `read`, if it has returned one.
    pub(crate) fn value<R>(&self, read: impl FnOnce(&[u8]) -> R) -> Option<io::Result<R>> {
        let head = self.end.get()?.value?;
        Some(self.launch.report.payload(head, read))
    }

    pub(crate) fn not_here(&self) -> io::Error {
        let text = format!("process `{}` (pid {}) was started by another process", self.launch.name, self.pid());
        io::Error::new(io::ErrorKind::PermissionDenied, text)
    }
}
