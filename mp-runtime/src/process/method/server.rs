//! The fork server, as its program sees it. What it does itself is in `process/server`.

use std::mem;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::signal::Signal;
use nix::unistd::Pid;

use crate::error::{SpawnErrorKind, Stage};
use crate::process::launch::Origin;
use crate::process::newborn;
use crate::process::server::ORDERED;
use crate::process::stopping::{self, Ladder};
use crate::sys::fd::ProcessFd;
use crate::sys::page::Page;
use crate::sys::roll::Place;
use crate::sys::{exec, fdpass, lifeline, memory, pidfd, thread, wait};

/// How often an order is sent to a new server because the one before has died of something else.
pub(crate) const TRIES: usize = 5;

/// How long a server may take for an order. It takes microseconds; one that does not answer was stopped by somebody.
const PATIENCE: Duration = Duration::from_secs(10);

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
}

/// It attends to no signal, and has nothing to put in order.
const LADDER: Ladder = Ladder { signal: libc::SIGKILL, grace: Duration::ZERO };

impl Server {
    /// Starts one, for the calling process, which is `program`. All signals are blocked.
    pub(crate) fn start(program: &Origin) -> Result<Server, SpawnErrorKind> {
        let failed = |stage| move |errno: Errno| SpawnErrorKind::Os(stage, errno as i32);
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
        })
    }

    /// Whether it, and so what it makes, is a child of the program's first thread.
    pub(crate) fn by_first_thread(&self) -> bool {
        self.by_first_thread
    }

    /// Its process id, which is its own until it is dropped.
    pub(crate) fn id(&self) -> i32 {
        self.id.as_raw()
    }

    /// Sends an order and waits until it is carried out; the id of the process.
    ///
    /// # Errors
    ///
    /// The error number of the server's `clone`, or of the sending. `None` if the server is no more: it has ended by
    /// then, and there is no process.
    pub(crate) fn make(&self, send: impl FnOnce(BorrowedFd<'_>) -> nix::Result<()>) -> Result<Pid, Option<Errno>> {
        let (Some(socket), Some(pidfd)) = (self.socket.get(), self.pidfd.get()) else { return Err(None) };
        self.ids.set_id(ORDERED, 0);
        match send(socket) {
            Ok(()) => {}
            Err(Errno::EPIPE | Errno::ECONNRESET) => return self.bury(pidfd),
            Err(errno) => return Err(Some(errno)),
        }
        let deadline = Instant::now().checked_add(PATIENCE);
        loop {
            let answered = pidfd::wait(socket, deadline) == Ok(true);
            match fdpass::receive(socket, &mut [0]) {
                Err(Errno::EAGAIN) if answered => {}
                Ok((1, _)) => return self.made().unwrap_or(Err(None)),
                _ => return self.bury(pidfd),
            }
        }
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
    pub(crate) fn release(self) {
        self.socket.release();
        self.pidfd.release();
        self.lifeline.release();
        mem::forget(self); // its page is not here
    }
}

impl Drop for Server {
    /// Ends it: it sees its socket close.
    fn drop(&mut self) {
        self.socket.release();
        self.lifeline.release();
        if let Some(pidfd) = self.pidfd.get() {
            wait::block(pidfd);
            wait::reap(pidfd);
        }
        self.place.iter().for_each(|place| stopping::leave(place));
    }
}
