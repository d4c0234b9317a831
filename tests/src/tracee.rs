//! The one process the warden traces: it is only looked at, never steered.

use std::collections::BTreeSet;
use std::ffi::{CString, OsString};
use std::io::{self, Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::time::Instant;

use nix::sys::ptrace::{self, Options};
use nix::sys::signal::SigSet;
use nix::unistd::{Pid, execvp, setpgid};

use crate::census;
use crate::line::Line;
use crate::sys::{self, Resume};

/// PROGRAM, from its fork to its end.
#[derive(Debug)]
pub(crate) struct Tracee {
    pub(crate) pid: i32,
    started: Instant,
    /// The fds it began with; `None` before its exec.
    fds: Option<BTreeSet<(i32, String)>>,
    exit_seen: bool,
}

impl Tracee {
    /// Starts PROGRAM, traced from before its first instruction, in a process group of its own (so that it may
    /// signal its group without hitting the test).
    pub(crate) fn start(command: Vec<OsString>, mut report: impl Write) -> io::Result<Self> {
        let options = Options::PTRACE_O_TRACEEXEC | Options::PTRACE_O_TRACEEXIT | Options::PTRACE_O_EXITKILL;
        let failed = |failure: io::Error| {
            let line = Line::NotStarted(failure.raw_os_error().unwrap_or(0));
            let _ = report.write_all(format!("{line}\n").as_bytes());
        };
        let (pid, started) = begin(&command, options, || Ok(()), failed)?;
        Ok(Self { pid, started, fds: None, exit_seen: false })
    }

    /// Takes one wait status, lets PROGRAM go on, and says what is worth saying. `look` is off when it is being killed.
    pub(crate) fn step(&mut self, status: i32, look: bool) -> io::Result<Vec<Line>> {
        if libc::WIFEXITED(status) || libc::WIFSIGNALED(status) {
            return Ok(self.end(status));
        }
        let signal = libc::WSTOPSIG(status);
        let mut lines = Vec::new();
        let next = match status >> 16 {
            libc::PTRACE_EVENT_EXEC if self.fds.is_none() => {
                self.fds = Some(census::fds(self.pid)?);
                lines.push(Line::Pid(self.pid));
                Resume::Continue(0)
            }
            libc::PTRACE_EVENT_EXIT if look => {
                lines = self.last_look();
                Resume::Continue(0)
            }
            libc::PTRACE_EVENT_STOP if signal != libc::SIGTRAP => {
                lines.push(Line::Stopped(signal));
                Resume::Listen
            }
            // A signal on its way: hand it over.
            0 => Resume::Continue(signal),
            _ => Resume::Continue(0),
        };
        sys::resume(self.pid, next)?;
        Ok(lines)
    }

    /// Compares PROGRAM at its exit with what it began with. A SIGKILL may end it under our eyes: then nothing was seen.
    fn last_look(&mut self) -> Vec<Line> {
        let Some(before) = &self.fds else { return Vec::new() };
        let (Ok(fds), Ok(children)) = (census::fds(self.pid), census::children(self.pid)) else {
            return Vec::new();
        };
        self.exit_seen = true;
        let leaked = fds.difference(before).map(|(fd, target)| Line::LeakedFd(format!("{fd} {target}")));
        let left = children.into_iter().map(|child| match child.state {
            'Z' | 'X' => Line::Unreaped(child),
            _ => Line::ChildAtExit(child),
        });
        leaked.chain(left).collect()
    }

    fn end(&self, status: i32) -> Vec<Line> {
        let mut lines = Vec::new();
        if !self.exit_seen {
            lines.push(Line::ExitNotSeen);
        }
        lines.push(match libc::WIFEXITED(status) {
            true => Line::Exited(libc::WEXITSTATUS(status)),
            false => Line::Signaled(libc::WTERMSIG(status)),
        });
        lines.push(Line::Elapsed(self.started.elapsed()));
        lines
    }
}

/// The number and the arguments of the system call at whose beginning a tracee is, if it is at one.
pub fn begun_call(pid: i32) -> Option<(u64, [u64; 6])> {
    sys::entered(&ptrace::syscall_info(Pid::from_raw(pid)).ok()?)
}

/// Starts a program, traced from before its first instruction; its id, and when it began. There, `prepare` is called
/// first, and `failed` if it does not come to run.
pub(crate) fn begin(
    command: &[OsString],
    options: Options,
    prepare: impl FnOnce() -> io::Result<()>,
    failed: impl FnOnce(io::Error),
) -> io::Result<(i32, Instant)> {
    let command = command.iter().map(|word| CString::new(word.as_bytes()));
    let command = command.collect::<Result<Vec<_>, _>>()?;
    let (mut gate, mut key) = io::pipe()?;
    let Some(pid) = sys::fork()? else {
        drop(key);
        // The gate opens when we are traced, so that the exec is seen; it breaks if the tracer died.
        let opened = gate.read_exact(&mut [0]).and_then(|()| prepare());
        failed(match opened {
            Ok(()) => exec(&command),
            Err(error) => error,
        });
        std::process::exit(127)
    };
    // SEIZE, not TRACEME: only a seized tracee can be left in a group-stop.
    ptrace::seize(Pid::from_raw(pid), options)?;
    let started = Instant::now();
    key.write_all(&[0])?;
    Ok((pid, started))
}

/// Becomes PROGRAM; returns only the reason why not.
fn exec(command: &[CString]) -> io::Error {
    let prepare = || -> io::Result<()> {
        setpgid(Pid::from_raw(0), Pid::from_raw(0))?;
        sys::no_core()?;
        sys::default_signals()?;
        SigSet::empty().thread_set_mask()?;
        Ok(())
    };
    match prepare() {
        Err(error) => error,
        Ok(()) => match execvp(&command[0], command) {
            Err(errno) => errno.into(),
            Ok(never) => match never {},
        },
    }
}
