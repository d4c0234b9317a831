//! Raw `fork` + `waitpid` of a small process, whatever the size of this one.
//!
//! The benchmark is run once more beside itself, and waits. For each line it is sent it forks once and answers with the
//! nanoseconds that took.

use std::env;
use std::io::{self, BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use crate::raw;
use crate::sample::timed;

const WORD: &str = "--yardstick";

/// The small process.
#[derive(Debug)]
pub struct Yardstick {
    child: Child,
    requests: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Yardstick {
    /// Is the small process, if this one was started as that; whether it was.
    pub fn serve() -> bool {
        if !env::args().any(|word| word == WORD) {
            return false;
        }
        let mut answers = io::stdout();
        for _ in io::stdin().lines() {
            let time = timed(raw::fork_and_wait).1;
            let told = writeln!(answers, "{}", time.as_nanos()).and_then(|()| answers.flush());
            if told.is_err() {
                break;
            }
        }
        true
    }

    /// Starts one.
    ///
    /// # Errors
    ///
    /// If this program cannot be run once more.
    pub fn start() -> io::Result<Yardstick> {
        let program = env::current_exe()?;
        let mut child = Command::new(program).arg(WORD).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let requests = child.stdin.take();
        let answers = BufReader::new(child.stdout.take().expect("stdout is piped"));
        Ok(Yardstick { child, requests, answers })
    }

    /// Has it fork once; the time that took.
    ///
    /// # Errors
    ///
    /// If it does not answer.
    pub fn measure(&mut self) -> io::Result<Duration> {
        if let Some(requests) = &mut self.requests {
            requests.write_all(b"\n")?;
        }
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        line.trim().parse().map(Duration::from_nanos).map_err(io::Error::other)
    }
}

impl Drop for Yardstick {
    fn drop(&mut self) {
        self.requests = None;
        let _ = self.child.wait();
    }
}
