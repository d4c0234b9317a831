//! How a run ended, and whether it left anything behind.

use std::fmt;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::Duration;

use crate::expect::Expect;
use crate::report::Report;
use crate::run::Run;

/// Words that no healthy program writes to stderr.
const ALERTS: [&str; 3] = ["IO Safety", "Sanitizer", "fatal runtime error"];

/// How a run ended.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Outcome {
    /// How the program itself ended.
    pub status: ExitStatus,
    /// All it and its descendants wrote to stdout.
    pub stdout: String,
    /// All it and its descendants wrote to stderr.
    pub stderr: String,
    /// The time from its start to its end.
    pub elapsed: Duration,
    /// What the warden saw.
    pub report: Report,
    run: Run,
    temp_files: Vec<String>,
    shared_memory: Vec<String>,
    others: Vec<String>,
}

impl Outcome {
    /// `warden` stands in for the program's status if the warden did not tell that one.
    pub(crate) fn new(run: &Run, warden: ExitStatus, report: Report, [stdout, stderr]: [String; 2]) -> Self {
        let status = report.status.unwrap_or(warden);
        let elapsed = report.elapsed.unwrap_or_default();
        let (temp_files, shared_memory, others) = (Vec::new(), Vec::new(), Vec::new());
        Self { status, stdout, stderr, elapsed, report, run: run.clone(), temp_files, shared_memory, others }
    }

    pub(crate) fn with_leftovers(
        self,
        temp_files: Vec<String>,
        shared_memory: Vec<String>,
        others: Vec<String>,
    ) -> Self {
        Self { temp_files, shared_memory, others, ..self }
    }

    /// The exit code, if the program ended by itself.
    pub fn code(&self) -> Option<i32> {
        self.status.code()
    }

    /// The signal that ended the program, if one did.
    pub fn signal(&self) -> Option<i32> {
        self.status.signal()
    }

    /// Checks the exit code.
    ///
    /// # Panics
    ///
    /// If it is another one, or a signal; with a full account.
    #[track_caller]
    pub fn assert_code(&self, code: i32) {
        assert_eq!(self.code(), Some(code), "expected exit code {code}\n{self}");
    }

    /// Checks that the signal ended the program.
    ///
    /// # Panics
    ///
    /// If it was another one, or an exit; with a full account.
    #[track_caller]
    pub fn assert_signal(&self, signal: i32) {
        assert_eq!(self.signal(), Some(signal), "expected signal {signal}\n{self}");
    }

    /// Checks that the run left nothing behind but what was declared. [`Run::run`] has done so already.
    ///
    /// # Panics
    ///
    /// If it left anything; with a full account.
    #[track_caller]
    pub fn clean(self) -> Self {
        assert!(self.violations().is_empty(), "the run is not clean:\n{self}");
        self
    }

    /// What was left behind and not declared, one sentence each.
    pub fn violations(&self) -> Vec<String> {
        let report = &self.report;
        // Whoever was ended by a signal could not tidy up.
        let unless = |expected: Expect| !self.run.expects(expected) && self.signal().is_none();
        let mut found = self.others.clone();
        let mut say = |when: bool, what: String| {
            if when {
                found.push(what);
            }
        };
        let (time, stuck) = (self.run.time(), report.stuck.join(", "));
        say(report.deadline, format!("deadline: it still ran after {time:?}: {stuck}"));
        say(report.interrupted, format!("interrupted: it was stopped while it ran: {stuck}"));
        say(!report.done, format!("the warden did not finish: {}", self.status));
        if let Some(errno) = report.not_started {
            say(true, format!("not started: {}", std::io::Error::from_raw_os_error(errno)));
        } else {
            say(report.exit_not_seen && self.signal().is_none(), "its exit could not be looked at".to_owned());
        }
        for line in &report.unknown {
            say(true, format!("the warden said `{line}`"));
        }
        let sockets = report.leaked_fds.iter().filter(|fd| fd.contains(" socket:")).count();
        let is_pair = sockets == 2 && report.leaked_fds.len() == 2 && self.run.expects(Expect::SocketPair);
        for fd in &report.leaked_fds {
            say(unless(Expect::FdsOpen) && !is_pair, format!("fd open at exit: {fd}"));
        }
        for child in &report.unreaped {
            say(unless(Expect::ChildrenAtExit), format!("zombie at exit: {child}"));
        }
        for child in &report.children_at_exit {
            say(unless(Expect::ChildrenAtExit), format!("living child at exit: {child}"));
        }
        for pid in &report.adopted {
            // A child that was there at the exit has been dealt with above.
            let mut children = report.unreaped.iter().chain(&report.children_at_exit);
            let known = children.any(|child| child.pid == *pid);
            say(!known && unless(Expect::Adopted), format!("orphan that ended by itself: {pid}"));
        }
        for process in &report.survivors {
            say(!self.run.expects(Expect::Survivors), format!("survivor, had to be killed: {process}"));
        }
        for name in &self.temp_files {
            say(!self.run.expects(Expect::TempFiles), format!("file left in the temporary directory: {name}"));
        }
        for name in &self.shared_memory {
            say(true, format!("shared memory left in /dev/shm: {name}"));
        }
        for word in ALERTS {
            let alert = self.stderr.contains(word);
            say(alert && !self.run.expects(Expect::Alerts), format!("stderr says `{word}`"));
        }
        found
    }
}

/// The full account: the violations, indented, then all that is known.
impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for violation in self.violations() {
            writeln!(f, "  {violation}")?;
        }
        writeln!(f, "command: {}", self.run.command())?;
        writeln!(f, "status:  {} after {:?}", self.status, self.elapsed)?;
        writeln!(f, "--- stdout\n{}", self.stdout)?;
        writeln!(f, "--- stderr\n{}", self.stderr)?;
        write!(f, "--- report\n{}", self.report)
    }
}
