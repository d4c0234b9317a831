//! The process outside of the namespace: for its parent it is the program, whatever that does.
//!
//! It has all signals blocked, and takes them one by one. What the terminal sends to its process group, as for Ctrl-C, it passes on to
//! the program's group, and what was sent to it alone, to the program alone: each exactly once, for a second one has a meaning.
//!
//! The program has a process group of its own, so it is in the background when it begins. When the kernel stops it because of that, at a
//! read from the terminal, it is given the terminal, if that is ours to give. Then keys reach the program and not us. A stop of the
//! program is one of us, so that the shell sees it; before, the terminal is taken back.

use std::convert::Infallible;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::Duration;

use nix::sys::signal::{SigSet, Signal};
use nix::unistd::Pid;

use crate::process::isolation::sentry::Sentry;
use crate::process::stopping::UNKILLABLE;
use crate::sys::signal::{self, Arrived};
use crate::sys::wait::{self, Change};
use crate::sys::{adopted, direct, handler, limit, pidfd, terminal};

/// What the process outside knows.
struct Outside<'fd> {
    /// The program: its id out here, and that of its process group.
    id: i32,
    program: BorrowedFd<'fd>,
    first: BorrowedFd<'fd>,
    /// Our own group.
    group: i32,
    /// Whether the program has been given the terminal.
    lent: bool,
    /// Whether it was told that there is no terminal to be had.
    hung_up: bool,
    /// Whether it is left stopped because of that.
    left: bool,
}

/// Watches over the program, and ends as it does.
pub(super) fn watch(id: Pid, program: BorrowedFd<'_>, first: BorrowedFd<'_>) -> Infallible {
    let mut outside =
        Outside { id: id.as_raw(), program, first, group: adopted::group(0), lent: false, hung_up: false, left: false };
    // A handler may have come with flags.
    direct::default_action(libc::SIGCHLD);
    loop {
        match wait::change(program) {
            Some(Change::Stopped(signal)) => outside.stop(signal),
            Some(Change::Ended(status)) => outside.end(status),
            Some(Change::Lost) => outside.end(ExitStatus::from_raw(1 << 8)),
            None => outside.pass_on(signal::await_any()),
        }
    }
}

impl Outside<'_> {
    fn pass_on(&self, Arrived { signal, by_kernel }: Arrived) {
        if signal == libc::SIGCHLD {
            return;
        }
        if by_kernel || signal == libc::SIGCONT {
            self.send_to_group(signal);
        } else {
            // It may have ended.
            let _ = direct::send_to(self.program, signal, false);
        }
        if self.left && signal != libc::SIGCONT {
            self.go_on(); // or it would never come to the signal
        }
    }

    /// By number, which every kernel can: it is a child of ours that is not reaped. Before it has made its group, to it alone.
    fn send_to_group(&self, signal: i32) {
        if direct::send_to_group(self.id, signal).is_err() {
            let _ = direct::send_to(self.program, signal, false);
        }
    }

    /// The program was stopped by `signal`.
    fn stop(&mut self, signal: i32) {
        self.left = false;
        let wants_terminal = matches!(signal, libc::SIGTTIN | libc::SIGTTOU);
        let foreground = terminal::foreground().unwrap_or(0);
        if wants_terminal && foreground == self.group {
            self.lend(self.id);
            self.go_on();
            return;
        }
        let had_terminal = self.take_back();
        let owner = (had_terminal && foreground != self.group).then_some(foreground);
        let sentry = Sentry::post(self.program, self.id);
        if direct::is_pending(libc::SIGCONT) {
            // It was told to go on since, and will be in a moment. To stop now would be to forget that.
            sentry.into_iter().for_each(Sentry::dismiss);
            if had_terminal {
                self.lend(owner.unwrap_or(self.id));
            }
            return;
        }
        // The key would have reached all of our group.
        let stopped = stop_as_by(signal, had_terminal && signal == libc::SIGTSTP);
        sentry.into_iter().for_each(Sentry::dismiss);
        if stopped {
            // The program is told below, and not once more.
            signal::discard(&SigSet::from(Signal::SIGCONT));
        }
        if let Some(owner) = owner
            && terminal::foreground() == Ok(self.group)
        {
            self.lend(if terminal::is_empty(owner) { self.id } else { owner });
        }
        if !stopped && wants_terminal {
            // Nobody is there who could continue us, with or without the terminal. The kernel sends groups a hang-up that come into that state.
            if std::mem::replace(&mut self.hung_up, true) {
                self.left = true; // It did not mind, and would ask again for ever.
                return;
            }
            self.send_to_group(libc::SIGHUP);
        }
        self.go_on();
    }

    fn go_on(&self) {
        self.send_to_group(libc::SIGCONT);
    }

    fn lend(&mut self, group: i32) {
        self.lent = terminal::give(group).is_ok();
    }

    /// Takes the terminal back, if the program was given it; whether it was.
    fn take_back(&mut self) -> bool {
        let lent = std::mem::take(&mut self.lent);
        if lent {
            // A session that has lost its terminal meanwhile needs none.
            let _ = terminal::give(self.group);
        }
        lent
    }

    /// Ends as the program has ended, once nobody is left.
    fn end(&mut self, status: ExitStatus) -> ! {
        let owned = self.take_back();
        self.end_all();
        [self.first, self.program].iter().for_each(|fd| direct::close(fd.as_raw_fd()));
        let Some(signal) = status.signal() else { direct::exit(status.code().unwrap_or(1)) };
        // The core, if there is one, is the program's.
        let _ = limit::set(libc::RLIMIT_CORE, 0);
        if owned && matches!(signal, libc::SIGINT | libc::SIGQUIT) {
            // The key would have reached all of our group.
            direct::raise_in_group(signal);
        }
        handler::die_of(signal)
    }
}

impl Outside<'_> {
    /// Kills all that is left in the namespace, and waits until it is gone.
    fn end_all(&self) {
        const SLICE: Duration = Duration::from_millis(20);
        let _ = direct::send_to(self.first, libc::SIGKILL, false);
        let begin = direct::now();
        while wait::change(self.first).is_none() && direct::now() - begin < UNKILLABLE {
            if direct::has_ended(self.first, SLICE) {
                // A tracer may hold the status yet.
                pidfd::pause(Duration::from_micros(500));
            }
        }
    }
}

/// Stops this process by `signal`, with all of its group or alone, and returns when it goes on. Whether it was stopped: it is not where
/// nobody could continue it.
fn stop_as_by(signal: i32, with_group: bool) -> bool {
    direct::default_action(signal);
    direct::unblock(1 << (signal - 1));
    if with_group {
        direct::raise_in_group(signal)
    } else {
        direct::raise(signal)
    }
    direct::block(1 << (signal - 1));
    direct::is_pending(libc::SIGCONT)
}
