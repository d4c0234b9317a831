//! The warden: starts one program, watches its end, and leaves no process behind.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use crate::alarm::{Alarm, News};
use crate::census;
use crate::line::Line;
use crate::sys::{self, Wait};
use crate::tracee::Tracee;

/// How long adopted descendants may take to vanish after the program's end.
const GRACE: Duration = Duration::from_millis(200);
/// How long killed processes may take to vanish, before we say that they do not.
const KILL_LIMIT: Duration = Duration::from_secs(5);

/// What the command line asks for.
#[derive(Debug)]
struct Orders {
    deadline: Duration,
    report_fd: i32,
    command: Vec<OsString>,
}

impl Orders {
    fn parse(args: impl IntoIterator<Item = OsString>) -> Option<Self> {
        let mut args = args.into_iter();
        let (mut deadline, mut report_fd) = (None, None);
        loop {
            let word = args.next()?;
            let mut number = || args.next()?.to_str()?.parse::<u32>().ok();
            match word.to_str()? {
                "--deadline-ms" => deadline = Some(Duration::from_millis(number()?.into())),
                "--report-fd" => report_fd = Some(i32::try_from(number()?).ok()?),
                "--" => break,
                _ => return None,
            }
        }
        let command: Vec<_> = args.collect();
        if command.is_empty() {
            return None;
        }
        Some(Self { deadline: deadline?, report_fd: report_fd?, command })
    }
}

/// Runs the warden with these arguments (without its own name).
pub fn main(args: impl IntoIterator<Item = OsString>) -> io::Result<()> {
    let usage = "usage: warden --deadline-ms N --report-fd N -- PROGRAM ARGS..";
    let orders = Orders::parse(args).ok_or_else(|| io::Error::other(usage))?;
    let report = sys::inherited(orders.report_fd)?;
    nix::sys::prctl::set_child_subreaper(true)?;
    let alarm = Alarm::new()?;
    let program = Tracee::start(orders.command, File::from(report.try_clone()?))?;
    let deadline = Instant::now() + orders.deadline;
    let mut warden = Warden { report, alarm, program, ended: false };
    let news = warden.watch(deadline)?;
    if news == News::Child {
        warden.see_off()?;
    } else {
        warden.stop(news)?;
    }
    warden.say(Line::Done)
}

#[derive(Debug)]
struct Warden {
    report: OwnedFd,
    alarm: Alarm,
    program: Tracee,
    ended: bool,
}

impl Warden {
    fn say(&self, line: Line) -> io::Result<()> {
        let mut report = File::from(self.report.try_clone()?);
        match report.write_all(format!("{line}\n").as_bytes()) {
            // Nobody reads any more: the processes still have to go.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            done => done,
        }
    }

    /// Takes everything the children have to tell now; false if there are none.
    fn attend(&mut self, killing: bool) -> io::Result<bool> {
        loop {
            match sys::wait_any()? {
                Wait::Event { pid, status } if pid == self.program.pid => {
                    for line in self.program.step(status, !killing)? {
                        self.say(line)?;
                    }
                    self.ended |= libc::WIFEXITED(status) || libc::WIFSIGNALED(status);
                }
                Wait::Event { .. } if killing => {}
                Wait::Event { pid, .. } => self.say(Line::Adopted(pid))?,
                Wait::Quiet => return Ok(true),
                Wait::Childless => return Ok(false),
            }
        }
    }

    /// Waits for the end of the program. `Child` means that it came.
    fn watch(&mut self, deadline: Instant) -> io::Result<News> {
        loop {
            self.attend(false)?;
            if self.ended {
                return Ok(News::Child);
            }
            match self.alarm.wait(deadline, &self.report)? {
                News::Child => {}
                news => return Ok(news),
            }
        }
    }

    /// The program ended: gives what it left a moment, then kills it.
    fn see_off(&mut self) -> io::Result<()> {
        let until = Instant::now() + GRACE;
        while self.attend(false)? {
            if self.alarm.wait(until, &self.report)? != News::Child {
                // One that ended just now is no survivor: the census calls it a zombie.
                for process in self.alive()? {
                    self.say(Line::Survivor(process))?;
                }
                return self.kill_all();
            }
        }
        Ok(())
    }

    /// The time is over, or somebody wants us to stop: tells who is still there, and kills them.
    fn stop(&mut self, why: News) -> io::Result<()> {
        self.say(if why == News::Late { Line::Deadline } else { Line::Interrupted })?;
        for process in self.alive()? {
            for thread in census::threads(process.pid) {
                self.say(Line::Stuck(thread))?;
            }
        }
        self.kill_all()
    }

    fn alive(&self) -> io::Result<Vec<census::Process>> {
        let mut processes = census::descendants(std::process::id() as i32)?;
        processes.retain(|process| !matches!(process.state, 'Z' | 'X'));
        Ok(processes)
    }

    /// Kills until no child is left. Only direct children are killed: their ids cannot be reused before we reap them,
    /// and theirs come to us when they die.
    fn kill_all(&mut self) -> io::Result<()> {
        let until = Instant::now() + KILL_LIMIT;
        while self.attend(true)? {
            for child in census::children(std::process::id() as i32)? {
                sys::kill(child.pid, libc::SIGKILL)?;
            }
            // An order to stop is what we are doing.
            if self.alarm.wait(until, &self.report)? == News::Late {
                return Err(io::Error::other("killed processes do not end"));
            }
        }
        Ok(())
    }
}
