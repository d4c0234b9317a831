//! The fork server, as its program sees it. What it does itself is in `process/server`.

use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::signal::Signal;

use crate::error::{SpawnErrorKind, Stage};
use crate::process::launch::Origin;
use crate::process::newborn;
use crate::process::server::Answer;
use crate::sys::fd::ProcessFd;
use crate::sys::{exec, fdpass, lifeline, pidfd, thread, wait};

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
    by_first_thread: bool,
    /// How many orders it was sent.
    orders: u32,
}

/// How long to look for the new process before going to sleep over it. Both sides run then, and to wake up costs more.
const GLANCE: Duration = Duration::from_micros(200);

impl Server {
    /// Starts one, for the calling process, which is `program`. All signals are blocked.
    pub(crate) fn start(program: &Origin) -> Result<Server, SpawnErrorKind> {
        let failed = |stage| move |errno: Errno| SpawnErrorKind::Os(stage, errno as i32);
        let (ours, theirs) = fdpass::pair().map_err(failed(Stage::Order))?;
        let (end, held) = lifeline::new().map_err(failed(Stage::Lifeline))?;
        fdpass::send(ours.as_fd(), &[1], &[end.as_fd()]).map_err(failed(Stage::Order))?;
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
        Ok(Server {
            socket: ProcessFd::new(ours),
            pidfd: ProcessFd::new(pidfd),
            lifeline: ProcessFd::new(held),
            by_first_thread: thread::is_first(program.id),
            orders: 0,
        })
    }

    /// Whether it, and so what it makes, is a child of the program's first thread.
    pub(crate) fn by_first_thread(&self) -> bool {
        self.by_first_thread
    }

    /// Sends an order and waits until it is carried out, which `is_born` may tell earlier than the server.
    ///
    /// # Errors
    ///
    /// The error number of the server's `clone`, or of the sending. `None` if the server is no more: it has ended by
    /// then, so nothing of the order is under way.
    pub(crate) fn make(
        &mut self,
        send: impl FnOnce(BorrowedFd<'_>) -> nix::Result<()>,
        is_born: impl Fn() -> bool,
    ) -> Result<(), Option<Errno>> {
        let (Some(socket), Some(pidfd)) = (self.socket.get(), self.pidfd.get()) else { return Err(None) };
        let number = self.orders;
        self.orders = number.wrapping_add(1);
        let mut answer = [0; size_of::<Answer>()];
        // Answers that nobody has waited for.
        while matches!(fdpass::receive(socket, &mut answer), Ok((length, _)) if length > 0) {}
        let sent = send(socket);
        match sent {
            Ok(()) => {}
            Err(Errno::EPIPE | Errno::ECONNRESET) => return self.bury(pidfd),
            Err(errno) => return Err(Some(errno)),
        }
        let begin = Instant::now();
        while begin.elapsed() < GLANCE {
            if is_born() {
                return Ok(());
            }
            std::hint::spin_loop();
        }
        let deadline = begin.checked_add(PATIENCE);
        loop {
            match fdpass::receive(socket, &mut answer) {
                Ok((length, _)) if length == answer.len() => {
                    let (of, error) = answer.split_at(size_of::<u32>());
                    if of != number.to_ne_bytes() {
                        continue;
                    }
                    return match error.try_into().map(i32::from_ne_bytes) {
                        Ok(0) => Ok(()),
                        Ok(errno) => Err(Some(Errno::from_raw(errno))),
                        Err(_) => self.bury(pidfd),
                    };
                }
                Err(Errno::EAGAIN) => {}
                _ => return self.bury(pidfd),
            }
            if pidfd::wait(socket, deadline) == Ok(false) {
                return self.bury(pidfd);
            }
        }
    }

    /// Sees to it that the server has ended.
    fn bury(&self, pidfd: BorrowedFd<'_>) -> Result<(), Option<Errno>> {
        let _ = pidfd::send_signal(pidfd, Signal::SIGKILL as i32);
        wait::block(pidfd);
        Err(None)
    }

    /// Lets go of it in a child just forked: it is the parent's.
    pub(crate) fn release(self) {
        self.socket.release();
        self.pidfd.release();
        self.lifeline.release();
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
    }
}
