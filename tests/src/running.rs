//! A program while it runs.

use std::os::fd::OwnedFd;
use std::process::Child;
use std::thread;
use std::time::{Duration, Instant};

use crate::census::{self, Process};
use crate::line::Line;
use crate::outcome::Outcome;
use crate::report::Report;
use crate::run::Run;
use crate::scratch::Scratch;
use crate::shared_memory::SharedMemory;
use crate::stream::{Next, Stream};
use crate::sys;

/// How long after the program's deadline the warden may take to kill and to tell.
const SLACK: Duration = Duration::from_secs(10);

const NO_LINE: &str = "expected a line on stdout before the deadline";

/// A program while it runs. It wants to be finished; dropping it kills it and fails the test.
#[derive(Debug)]
#[must_use = "call `finish`"]
pub struct Running {
    run: Run,
    warden: Child,
    pidfd: Option<OwnedFd>,
    stdout: Stream,
    stderr: Stream,
    lines: Stream,
    report: Report,
    scratch: Scratch,
    memory: SharedMemory,
    deadline: Instant,
    finished: bool,
}

impl Running {
    pub(crate) fn new(run: Run, warden: Child, streams: [Stream; 3], scratch: Scratch, memory: SharedMemory) -> Self {
        let [stdout, stderr, lines] = streams;
        let deadline = Instant::now() + run.time();
        let (pidfd, report) = (None, Report::default());
        Self { run, warden, pidfd, stdout, stderr, lines, report, scratch, memory, deadline, finished: false }
    }

    /// Waits for a line of the report that is looked for; panics if it does not come.
    #[track_caller]
    fn wait_for(&mut self, what: &str, found: impl Fn(&Line) -> Option<i32>) -> i32 {
        loop {
            let line = match self.lines.next(self.deadline + SLACK) {
                Next::Line(line) => self.report.add(&line),
                Next::End | Next::Late => self.fail(&format!("expected that it {what}")),
            };
            if let Some(found) = line.as_ref().and_then(&found) {
                return found;
            }
        }
    }

    #[track_caller]
    pub(crate) fn wait_started(&mut self) {
        let pid = self.wait_for("starts", |line| match line {
            Line::Pid(pid) => Some(*pid),
            _ => None,
        });
        // It may have ended already; then there is nobody to signal.
        self.pidfd = sys::pidfd_open(pid).ok();
    }

    /// The id of the program itself.
    pub fn pid(&self) -> i32 {
        self.report.pid.expect("`start` returns when the program runs")
    }

    /// The children of the program itself that there are now.
    ///
    /// # Panics
    ///
    /// Where procfs does not tell.
    pub fn children(&self) -> Vec<Process> {
        census::children(self.pid()).expect("procfs tells")
    }

    /// Sends it a signal, also a real-time one; false if it has already ended.
    pub fn signal(&self, signal: i32) -> bool {
        self.pidfd.as_ref().is_some_and(|pidfd| sys::pidfd_send_signal(pidfd, signal).is_ok())
    }

    /// Waits until a stop signal has stopped it, and says which.
    ///
    /// # Panics
    ///
    /// If it ends, or its deadline passes, before.
    #[track_caller]
    pub fn wait_stopped(&mut self) -> i32 {
        self.wait_for("stops", |line| match line {
            Line::Stopped(signal) => Some(*signal),
            _ => None,
        })
    }

    /// Waits for the next line of its stdout; `None` if it has ended and there will be no more.
    ///
    /// # Panics
    ///
    /// If the deadline passes before.
    #[track_caller]
    pub fn read_line(&mut self) -> Option<String> {
        match self.stdout.next(self.deadline + SLACK) {
            Next::Line(line) => Some(line),
            // The warden holds stdout too, so it has ended, and its report says whether by killing at the deadline.
            // Our own clock would not know: it was started at another time.
            Next::End => {
                self.read_report();
                if self.report.deadline { self.fail(NO_LINE) } else { None }
            }
            Next::Late => self.fail(NO_LINE),
        }
    }

    /// Waits for the program's end and checks what it left behind.
    ///
    /// # Panics
    ///
    /// If it left behind what was not declared with [`Run::expect`].
    #[track_caller]
    pub fn finish(mut self) -> Outcome {
        self.collect().clean()
    }

    #[track_caller]
    fn fail(&mut self, why: &str) -> ! {
        // The warden first: whatever still runs is killed, and the account is whole.
        let _ = sys::kill(self.warden.id() as i32, libc::SIGTERM);
        let outcome = self.collect();
        panic!("{why}\n{outcome}");
    }

    /// Reads the report to its end, which is the warden's end.
    fn read_report(&mut self) {
        let mut until = self.deadline + SLACK;
        loop {
            match self.lines.next(until) {
                Next::Line(line) => drop(self.report.add(&line)),
                Next::End => return,
                Next::Late => {
                    // The program is killed with its tracer. `done` will be missing, which fails the test.
                    let _ = self.warden.kill();
                    until = Instant::now() + SLACK;
                }
            }
        }
    }

    /// Waits for everything to end. Does not panic, so that `drop` can use it.
    fn collect(&mut self) -> Outcome {
        self.finished = true;
        self.read_report();
        let status = self.warden.wait().unwrap_or_default();
        let until = Instant::now() + SLACK;
        let outputs_ended = self.stdout.drain(until) & self.stderr.drain(until);
        let mut others = Vec::new();
        if !outputs_ended {
            others.push("a process that the warden does not know keeps stdout or stderr open".to_owned());
        }
        let (files, memory) = (self.scratch.leftovers(), self.memory.leftovers(&self.scratch));
        Outcome::new(&self.run, status, self.report.clone(), [self.stdout.text(), self.stderr.text()])
            .with_leftovers(files, memory, others)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.finished {
            return;
        }
        let _ = sys::kill(self.warden.id() as i32, libc::SIGTERM);
        let outcome = self.collect();
        assert!(thread::panicking(), "expected a call of `Running::finish`\n{outcome}");
        #[allow(clippy::print_stderr, reason = "the test fails; this is what it knows about the program")]
        {
            eprintln!("the test failed while its program ran\n{outcome}");
        }
    }
}
