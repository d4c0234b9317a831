//! One run of a program, all of its processes traced, with one fault.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::OpenOptions;
use std::io;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::ptrace::{self, Options};
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::unistd::{Pid, dup2_stderr, dup2_stdout};

use crate::census;
use crate::sweep::errors;
use crate::sweep::grace::Grace;
use crate::sweep::seen::Seen;
use crate::sweep::stage::{Actor, Stage};
use crate::sweep::{Fault, MARK};
use crate::sys::{self, Resume, Wait};
use crate::tracee;

/// How late processes are that are late.
const LATE: Duration = Duration::from_millis(20);
/// How long a run may take.
pub(super) const DEADLINE: Duration = Duration::from_secs(20);

/// Runs `command` under `fault`. Whoever lives `grace` after the end of the program is a survivor.
///
/// # Errors
///
/// If it cannot be started or traced.
pub fn run(command: &[OsString], fault: Fault, grace: Duration) -> io::Result<Seen> {
    nix::sys::prctl::set_child_subreaper(true)?;
    let set = SigSet::from(Signal::SIGCHLD);
    set.thread_block()?;
    let news = SignalFd::with_flags(&set, SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK)?;
    let options = Options::PTRACE_O_TRACEEXEC
        | Options::PTRACE_O_TRACEEXIT
        | Options::PTRACE_O_EXITKILL
        | Options::PTRACE_O_TRACESYSGOOD
        | Options::PTRACE_O_TRACEFORK
        | Options::PTRACE_O_TRACEVFORK
        | Options::PTRACE_O_TRACECLONE;
    let (program, _) = tracee::begin(command, options, quiet, |_| ())?;
    let mut trace = Trace {
        fault,
        grace,
        program,
        stage: Stage::default(),
        seen: Seen::default(),
        fds: None,
        in_place: false,
        ended: false,
        grace_began: None,
        held: Vec::new(),
        began: Instant::now(),
    };
    trace.stage.actor(program);
    while trace.attend()? {
        let until = trace.release()?;
        let left = until.saturating_duration_since(Instant::now());
        let timeout = PollTimeout::try_from(left.as_millis() as i32 + 1).unwrap_or(PollTimeout::MAX);
        match poll(&mut [PollFd::new(news.as_fd(), PollFlags::POLLIN)], timeout) {
            Ok(_) | Err(nix::errno::Errno::EINTR) => while news.read_signal()?.is_some() {},
            Err(errno) => return Err(errno.into()),
        }
    }
    trace.seen.processes = trace.stage.count();
    if let Some(grace) = &trace.grace_began {
        trace.seen.latency = grace.passed();
        trace.seen.queued = grace.queued();
    }
    Ok(trace.seen)
}

/// Sends what the program says to nowhere.
fn quiet() -> io::Result<()> {
    let nowhere = OpenOptions::new().write(true).open("/dev/null")?;
    Ok(dup2_stdout(&nowhere).and_then(|()| dup2_stderr(&nowhere))?)
}

#[derive(Debug)]
struct Trace {
    fault: Fault,
    grace: Duration,
    program: i32,
    stage: Stage,
    seen: Seen,
    fds: Option<BTreeSet<(i32, String)>>,
    /// Whether the program is between its marks.
    in_place: bool,
    /// Whether the program has ended.
    ended: bool,
    /// The time since its death.
    grace_began: Option<Grace>,
    /// Who waits, until when; without a time, until the program has ended.
    held: Vec<(i32, Option<Instant>)>,
    began: Instant,
}

impl Trace {
    /// Takes all there is to hear of now; false if there is nobody left.
    fn attend(&mut self) -> io::Result<bool> {
        loop {
            match sys::wait_any()? {
                Wait::Quiet => return Ok(true),
                Wait::Childless => return Ok(false),
                Wait::Event { pid, status } if libc::WIFSTOPPED(status) => self.stopped(pid, status)?,
                Wait::Event { pid, status } => {
                    self.stage.leave(pid);
                    if pid == self.program {
                        self.ended = true;
                        self.seen.status = status;
                        // Whoever is held by us until now cannot go before.
                        if self.grace_began.is_none() || matches!(self.fault, Fault::Orphaned { .. }) {
                            self.begin_grace();
                        }
                    }
                }
            }
        }
    }

    /// Lets those go on whose time has come; when to look again.
    fn release(&mut self) -> io::Result<Instant> {
        let now = Instant::now();
        let ended = self.ended;
        let (go, stay): (Vec<_>, Vec<_>) =
            self.held.drain(..).partition(|(_, until)| until.map_or(ended, |until| until <= now));
        self.held = stay;
        for (pid, _) in go {
            self.resume(pid, 0)?;
        }
        // Whoever is held by us cannot go.
        let late = if matches!(self.fault, Fault::Late { .. }) { LATE } else { Duration::ZERO };
        let end = match &self.grace_began {
            Some(began) if ended => began.end(self.grace + late),
            _ => self.began + DEADLINE,
        };
        if end <= now {
            self.clear(ended)?;
            return Ok(now + Duration::from_secs(1));
        }
        Ok(self.held.iter().filter_map(|(_, until)| *until).min().map_or(end, |until| until.min(end)))
    }

    /// Begins to count the time that the processes have to be gone.
    fn begin_grace(&mut self) {
        self.grace_began = Some(Grace::begin(self.stage.ids()));
    }

    /// Kills whoever is left.
    fn clear(&mut self, ended: bool) -> io::Result<()> {
        self.seen.hung |= !ended;
        let mut left = census::descendants(std::process::id() as i32)?;
        left.retain(|process| !matches!(process.state, 'Z' | 'X'));
        for process in &left {
            let _ = sys::kill(process.pid, libc::SIGKILL);
        }
        if ended && self.seen.survivors.is_empty() && !self.seen.hung {
            self.seen.survivors = left;
        }
        Ok(())
    }

    fn stopped(&mut self, pid: i32, status: i32) -> io::Result<()> {
        let signal = libc::WSTOPSIG(status);
        match status >> 16 {
            libc::PTRACE_EVENT_FORK | libc::PTRACE_EVENT_VFORK | libc::PTRACE_EVENT_CLONE => {
                // The child may be gone already, or not be here yet: its number is given now.
                if let Ok(child) = ptrace::getevent(Pid::from_raw(pid)) {
                    self.stage.actor(child as i32);
                }
                self.resume(pid, 0)
            }
            libc::PTRACE_EVENT_EXEC => {
                if pid == self.program && self.fds.is_none() {
                    self.fds = Some(census::fds(pid)?);
                }
                self.resume(pid, 0)
            }
            libc::PTRACE_EVENT_EXIT => {
                if pid == self.program && !self.seen.struck_at(self.fault, 0) {
                    self.last_look();
                }
                if let Some(grace) = &mut self.grace_began {
                    grace.leave(pid);
                }
                self.resume(pid, 0)
            }
            libc::PTRACE_EVENT_STOP if signal != libc::SIGTRAP => sys::resume(pid, Resume::Listen),
            libc::PTRACE_EVENT_STOP => {
                let actor = self.stage.actor(pid);
                let newborn = !std::mem::replace(&mut actor.born, true) && actor.number > 0;
                if newborn && matches!(self.fault, Fault::Late { .. }) {
                    self.held.push((pid, Some(Instant::now() + LATE)));
                    return Ok(());
                }
                self.resume(pid, 0)
            }
            0 if signal == libc::SIGTRAP | 0x80 => self.call(pid),
            0 => self.resume(pid, signal),
            _ => self.resume(pid, 0),
        }
    }

    /// At the beginning or end of a system call of one whose calls are counted.
    fn call(&mut self, pid: i32) -> io::Result<()> {
        let Ok(info) = ptrace::syscall_info(Pid::from_raw(pid)) else { return Ok(()) }; // killed: its end is the next event
        let entered = sys::entered(&info);
        let actor = self.stage.actor(pid);
        let mark = entered.is_some_and(|(number, given)| (number, given[0]) == (libc::SYS_getsid as u64, MARK as u64));
        let fails = matches!(self.fault, Fault::Fails { .. });
        if !actor.marked || mark && fails {
            actor.marked |= mark;
            if mark && actor.calls > 0 {
                actor.calls = Actor::DONE;
            }
            if pid == self.program && mark {
                self.in_place = !self.in_place;
            }
            return self.resume(pid, 0);
        }
        if fails && !self.in_place || actor.looks_again(entered) {
            return self.resume(pid, 0);
        }
        let inside = entered.is_some();
        actor.calls += usize::from(inside);
        let (number, calls) = (actor.number, actor.calls);
        let here = |process: usize, call: usize, begins: bool| (number, calls, inside) == (process, call, begins);
        if let (Fault::Fails { process, .. }, Some((call, _))) = (self.fault, entered)
            && process == number
        {
            self.seen.calls.push(call);
        }
        match self.fault {
            Fault::Fails { process, .. } if here(process, self.seen.failing, false) => {
                self.seen.failed.map(|(_, errno)| sys::answer(pid, errno)).transpose()?;
            }
            Fault::Fails { process, .. } if here(process, calls, true) && self.seen.fails_again(entered) => {
                self.seen.failing = calls;
                sys::skip_call(pid)?;
            }
            _ if self.seen.struck => {}
            Fault::Fails { process, call, error } if here(process, call, true) => {
                let number = entered.map_or(0, |(number, _)| number);
                if let Some(errno) = errors::documented(number).get(error) {
                    self.seen.struck = true;
                    (self.seen.failed, self.seen.failing) = (Some((number, *errno)), call);
                    sys::skip_call(pid)?;
                }
            }
            Fault::Before { process, call } if here(process, call, true) => return self.strike(pid),
            Fault::After { process, call } if here(process, call, false) => return self.strike(pid),
            Fault::Late { call } if here(0, call, true) => return self.strike(pid),
            Fault::Orphaned { process, call } if here(process, call, true) => {
                self.held.push((pid, None));
                return self.strike(self.program);
            }
            _ => {}
        }
        self.resume(pid, 0)
    }

    fn strike(&mut self, pid: i32) -> io::Result<()> {
        self.seen.struck = true;
        if pid == self.program {
            self.begin_grace();
        }
        sys::kill(pid, libc::SIGKILL)
    }

    fn resume(&mut self, pid: i32, signal: i32) -> io::Result<()> {
        use Fault::{After, Before, Fails, Late, Orphaned};
        let victim = match self.fault {
            Before { process, .. } | After { process, .. } | Orphaned { process, .. } | Fails { process, .. } => {
                process
            }
            Late { .. } => 0,
        };
        let fails = matches!(self.fault, Fault::Fails { .. });
        let actor = self.stage.actor(pid);
        // The marks of the program are looked for in any case.
        let step = (actor.number == victim || fails && actor.number == 0)
            && actor.calls != Actor::DONE
            && (fails || !self.seen.struck);
        sys::resume(pid, if step { Resume::Step(signal) } else { Resume::Continue(signal) })
    }

    /// Compares the program at its exit with what it began with.
    fn last_look(&mut self) {
        let Some(before) = &self.fds else { return };
        let (Ok(fds), Ok(children)) = (census::fds(self.program), census::children(self.program)) else { return };
        self.seen.left.extend(fds.difference(before).map(|(fd, target)| format!("fd open at exit: {fd} {target}")));
        self.seen.left.extend(children.into_iter().map(|child| format!("child at exit: {child}")));
    }
}
