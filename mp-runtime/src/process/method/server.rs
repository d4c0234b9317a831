//! The fork server, as its program sees it. What it does itself is in `process/server`.

use std::cell::Cell;
use std::mem;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::signal::Signal;
use nix::unistd::Pid;

use crate::error::{SpawnErrorKind, Stage};
use crate::process::launch::Origin;
use crate::process::lifeline::Lifeline;
use crate::process::method::parked::Parked;
use crate::process::newborn;
use crate::process::report::Report;
use crate::process::server::{ANSWERED, Ahead, ORDERED};
use crate::process::stopping::{self, Ladder};
use crate::sys::fd::ProcessFd;
use crate::sys::page::Page;
use crate::sys::roll::Place;
use crate::sys::{exec, fdpass, lifeline, memory, pidfd, thread, wait};

/// How often an order is sent to a new server because the one before has died of something else.
pub(crate) const TRIES: usize = 5;

/// How long a server may take for an order. It takes microseconds; one that does not answer was stopped by somebody.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long it may take for the first, for which the constructors of all libraries have to run before.
const PATIENCE_AT_FIRST: Duration = Duration::from_secs(120);

/// How often to look whether the server is still there, while an order is with it: its death wakes nobody who sleeps on the page.
const SLICE: Duration = Duration::from_millis(10);

/// A server that was started.
#[derive(Debug)]
pub(crate) struct Server {
    socket: ProcessFd,
    pidfd: ProcessFd,
    /// Closed with this process, whatever becomes of it.
    lifeline: ProcessFd,
    /// For the ids of what it makes.
    ids: Page,
    by_first_thread: bool,
    id: Pid,
    /// Where a signal that stops the program finds it.
    place: Option<&'static Place>,
    /// The program.
    program: i32,
    /// Whether it has answered once.
    has_answered: Cell<bool>,
    /// What it has made ahead, the oldest first.
    parked: Vec<Parked>,
}

/// It attends to no signal, and has nothing to put in order.
const LADDER: Ladder = Ladder { signal: libc::SIGKILL, grace: Duration::ZERO };

impl Server {
    /// Starts one, for the calling process, which is `program`. All signals are blocked.
    pub(crate) fn start(program: &Origin) -> Result<Server, SpawnErrorKind> {
        let failed = |stage| move |errno: Errno| SpawnErrorKind::Os(stage, errno as i32);
        if let Some(why) = exec::obstacle() {
            return Err(SpawnErrorKind::Executable(why));
        }
        let (ours, theirs) = fdpass::pair().map_err(failed(Stage::Order))?;
        let (end, held) = lifeline::new().map_err(failed(Stage::Lifeline))?;
        let page = memory::create(c"mp-ids").and_then(|file| memory::allocate(file.as_fd(), Page::SIZE).map(|()| file));
        let page = page.map_err(failed(Stage::Order))?;
        let ids = Page::of_file(page.as_fd()).map_err(failed(Stage::Order))?;
        ids.hide();
        fdpass::send(ours.as_fd(), &[1], &[end.as_fd(), page.as_fd()]).map_err(failed(Stage::Order))?;
        let id = exec::run(newborn::SERVER, theirs.as_fd()).map_err(failed(Stage::Exec))?;
        drop(theirs);
        let pidfd = match pidfd::open(id) {
            Ok(pidfd) => pidfd,
            Err(errno) => {
                // It ends by itself once its socket is closed; and is ours to reap.
                drop(ours);
                let _ = nix::sys::wait::waitpid(id, None);
                return Err(failed(Stage::ProcessDescriptor)(errno));
            }
        };
        let place = stopping::enter(pidfd.as_fd(), LADDER);
        Ok(Server {
            socket: ProcessFd::new(ours),
            pidfd: ProcessFd::new(pidfd),
            lifeline: ProcessFd::new(held),
            ids,
            by_first_thread: thread::is_first(program.id),
            id,
            place,
            program: program.id,
            has_answered: Cell::new(false),
            parked: Vec::new(),
        })
    }

    /// Whether it was killed.
    pub(crate) fn has_ended(&self) -> bool {
        self.pidfd.get().is_none_or(|pidfd| pidfd::wait(pidfd, Some(Instant::now())) != Ok(false))
    }

    /// Whether it, and so what it makes, is a child of the program's first thread.
    pub(crate) fn by_first_thread(&self) -> bool {
        self.by_first_thread
    }

    /// The process ids of it, and of what it has made ahead. They are theirs until they are dropped.
    pub(crate) fn all_ids(&self) -> Vec<i32> {
        self.parked.iter().map(|parked| self.ids.id(parked.place())).chain([self.id.as_raw()]).collect()
    }

    /// Sends an order and waits until it is carried out; the id of the process.
    ///
    /// # Errors
    ///
    /// The error number for which the server has made none, or that of the sending. `None` if the server is no more: it has ended by
    /// then, and there is no process.
    pub(crate) fn make(&self, send: impl FnOnce(BorrowedFd<'_>) -> nix::Result<()>) -> Result<Pid, Option<Errno>> {
        let (Some(socket), Some(pidfd)) = (self.socket.get(), self.pidfd.get()) else { return Err(None) };
        [ORDERED, ANSWERED].into_iter().for_each(|place| self.ids.set_id(place, 0));
        match send(socket) {
            Ok(()) => {}
            Err(Errno::EPIPE | Errno::ECONNRESET) => return self.bury(pidfd),
            Err(errno) => return Err(Some(errno)),
        }
        let patience = if self.has_answered.get() { PATIENCE } else { PATIENCE_AT_FIRST };
        let begin = Instant::now();
        loop {
            self.ids.sleep_while_zero(ANSWERED, Instant::now() + SLICE);
            if self.ids.id(ANSWERED) != 0 {
                self.has_answered.set(true);
                return self.made().unwrap_or(Err(None));
            }
            if self.has_ended() || begin.elapsed() > patience {
                return self.bury(pidfd);
            }
        }
    }

    /// How many processes it has made ahead, or is about to make.
    pub(crate) fn parked(&self) -> usize {
        self.parked.len()
    }

    /// Has one more process made ahead, with what every process has; its `parent` is the program. Waits for nothing. Whether
    /// there was room for it.
    pub(crate) fn park(&mut self, report: Report, lifeline: Lifeline, parent: &ProcessFd) -> bool {
        let taken = |place: &usize| {
            [ORDERED, ANSWERED].contains(place) || self.parked.iter().any(|parked| parked.place() == *place)
        };
        // There are fewer parked than places.
        let place = (0..Page::WORDS).find(|place| !taken(place)).unwrap_or(Page::WORDS - 1);
        let (parked, theirs) = match Parked::new(place, report, lifeline) {
            Ok(made) => made,
            Err((report, lifeline)) => {
                report.discard();
                lifeline.discard();
                return false;
            }
        };
        self.ids.set_id(place, 0);
        let order: Ahead = [place as u32, u32::from(self.by_first_thread), self.program.unsigned_abs()];
        let sent = match (self.socket.get(), parked.own(parent)) {
            (Some(socket), Some(own)) => {
                let [page, file, lifeline, parent] = own.all();
                let fds = [page, file, lifeline, parent, theirs.as_fd()];
                fdpass::send(socket, order.map(u32::to_ne_bytes).as_flattened(), &fds).is_ok()
            }
            _ => false,
        };
        if sent {
            parked.lifeline.let_down();
            self.parked.push(parked);
        } else {
            parked.dismiss(&self.ids);
        }
        sent
    }

    /// Takes a process that was made ahead and waits, with its id and its process descriptor; forgets those that have ended.
    pub(crate) fn unpark(&mut self) -> Option<(Parked, Pid, OwnedFd)> {
        self.forget_ended();
        let ids = &self.ids;
        let found = self.parked.iter().enumerate().find_map(|(at, parked)| Some((at, parked.waiting(ids)?)));
        let (at, (id, pidfd)) = found?;
        Some((self.parked.remove(at), id, pidfd))
    }

    /// Forgets those that were made ahead and have ended.
    pub(crate) fn forget_ended(&mut self) {
        let ids = &self.ids;
        self.parked.extract_if(.., |parked| parked.has_ended()).for_each(|parked| parked.dismiss(ids));
    }

    /// Lets `most` of those that were made ahead be. One that the server has not made yet is kept for longer.
    pub(crate) fn dismiss_beyond(&mut self, most: usize) {
        let ids = &self.ids;
        let mut beyond = self.parked.len().saturating_sub(most);
        let goes = |parked: &mut Parked| {
            let goes = beyond > 0 && ids.id(parked.place()) > 0;
            beyond -= usize::from(goes);
            goes
        };
        self.parked.extract_if(.., goes).for_each(|parked| parked.dismiss(ids));
    }

    /// Shares the reports of what was made ahead with no more processes.
    pub(crate) fn hide_reports(&self) {
        self.parked.iter().for_each(|parked| parked.report.hide());
    }

    /// What has become of the order, if that is known.
    fn made(&self) -> Option<Result<Pid, Option<Errno>>> {
        match self.ids.id(ORDERED) {
            0 => None,
            id if id > 0 => Some(Ok(Pid::from_raw(id))),
            errno => Some(Err(Some(Errno::from_raw(-errno)))),
        }
    }

    /// Sees to it that the server has ended. What it has made last is there.
    fn bury(&self, pidfd: BorrowedFd<'_>) -> Result<Pid, Option<Errno>> {
        let _ = pidfd::send_signal(pidfd, Signal::SIGKILL as i32);
        wait::block(pidfd);
        self.made().unwrap_or(Err(None))
    }

    /// Lets go of it in a child just forked: it is the parent's.
    pub(crate) fn release(mut self) {
        mem::take(&mut self.parked).into_iter().for_each(Parked::release);
        self.socket.release();
        self.pidfd.release();
        self.lifeline.release();
        mem::forget(self); // its page is not here
    }
}

impl Drop for Server {
    /// Ends it. Then what it has made ahead: it makes no more.
    ///
    /// By a signal: it would not see its socket close while a copy of this process has it, made by a fork of the user's.
    fn drop(&mut self) {
        self.socket.release();
        self.lifeline.release();
        if let Some(pidfd) = self.pidfd.get() {
            let _ = pidfd::send_signal(pidfd, Signal::SIGKILL as i32);
            wait::block(pidfd);
            wait::reap(pidfd);
        }
        self.place.iter().for_each(|place| stopping::leave(place));
        let ids = &self.ids;
        mem::take(&mut self.parked).into_iter().for_each(|parked| parked.dismiss(ids));
    }
}
