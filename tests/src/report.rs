//! Everything the warden said about one run.

use std::fmt;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::Duration;

use crate::census::Process;
use crate::line::Line;

/// Everything the warden said about one run.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Report {
    /// The id of the program, once it ran.
    pub pid: Option<i32>,
    /// The errno, if the program could not be started.
    pub not_started: Option<i32>,
    /// The stop signals that stopped the program.
    pub stopped: Vec<i32>,
    /// The fds open at its exit that were not open at its start: number and target.
    pub leaked_fds: Vec<String>,
    /// The zombies it left.
    pub unreaped: Vec<Process>,
    /// The children that lived when it exited.
    pub children_at_exit: Vec<Process>,
    /// Whether it ended without a look at its last moment.
    pub exit_not_seen: bool,
    /// How it ended.
    pub status: Option<ExitStatus>,
    /// How long it ran.
    pub elapsed: Option<Duration>,
    /// The descendants that lost their parent and then ended by themselves.
    pub adopted: Vec<i32>,
    /// The descendants that had to be killed.
    pub survivors: Vec<Process>,
    /// Whether the time was over.
    pub deadline: bool,
    /// Whether the warden was told to stop everything.
    pub interrupted: bool,
    /// The threads that still ran at the deadline.
    pub stuck: Vec<String>,
    /// Whether the warden saw it through to the end.
    pub done: bool,
    /// Lines the test did not understand.
    pub unknown: Vec<String>,
    /// All lines as they came.
    pub lines: Vec<String>,
}

impl Report {
    /// Adds one line as read from the warden.
    pub(crate) fn add(&mut self, line: &str) -> Option<Line> {
        self.lines.push(line.to_owned());
        let Ok(parsed) = line.parse::<Line>() else {
            self.unknown.push(line.to_owned());
            return None;
        };
        match parsed.clone() {
            Line::Pid(pid) => self.pid = Some(pid),
            Line::NotStarted(errno) => self.not_started = Some(errno),
            Line::Stopped(signal) => self.stopped.push(signal),
            Line::LeakedFd(fd) => self.leaked_fds.push(fd),
            Line::Unreaped(process) => self.unreaped.push(process),
            Line::ChildAtExit(process) => self.children_at_exit.push(process),
            Line::ExitNotSeen => self.exit_not_seen = true,
            Line::Exited(code) => self.status = Some(ExitStatus::from_raw(code << 8)),
            Line::Signaled(signal) => self.status = Some(ExitStatus::from_raw(signal)),
            Line::Elapsed(time) => self.elapsed = Some(time),
            Line::Adopted(pid) => self.adopted.push(pid),
            Line::Survivor(process) => self.survivors.push(process),
            Line::Deadline => self.deadline = true,
            Line::Interrupted => self.interrupted = true,
            Line::Stuck(thread) => self.stuck.push(thread),
            Line::Done => self.done = true,
        }
        Some(parsed)
    }
}

/// The lines as they came.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.lines.join("\n"))
    }
}
