//! Python's `multiprocessing`, measured by Python itself.
//!
//! An interpreter runs beside the benchmark and waits. For each line it is sent it starts and joins one process and answers
//! with the nanoseconds that took, so that it can take its turn in each round without our pipe being part of the time.

use std::io::{self, BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

const PROGRAM: &str = r#"
import multiprocessing, sys, time

if __name__ == "__main__":
    size, method = sys.argv[1].split()
    heap = bytearray(b"\1" * int(size))
    context = multiprocessing.get_context(method)
    print(sys.version.split()[0], flush=True)
    for _ in sys.stdin:
        start = time.perf_counter_ns()
        process = context.Process(target=time.time)
        process.start()
        process.join()
        print(time.perf_counter_ns() - start, flush=True)
"#;

/// A running interpreter.
#[derive(Debug)]
pub struct Python {
    child: Child,
    requests: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    version: String,
}

impl Python {
    /// Starts `python3` with a heap of so many touched bytes.
    ///
    /// # Errors
    ///
    /// If there is no `python3`, or it cannot run the program.
    pub fn start(heap: usize) -> io::Result<Self> {
        Python::by("fork", heap)
    }

    /// As [`start`](Python::start), with processes started by `method`: `fork`, `forkserver` or `spawn`.
    ///
    /// # Errors
    ///
    /// As [`start`](Python::start).
    pub fn by(method: &str, heap: usize) -> io::Result<Self> {
        Python::run(PROGRAM, &format!("{heap} {method}"))
    }

    /// Starts `python3` with a program that prints its version, and then for each line it is sent a number of nanoseconds.
    ///
    /// # Errors
    ///
    /// If there is no `python3`, or it cannot run the program.
    pub fn run(program: &str, argument: &str) -> io::Result<Self> {
        let mut child = Command::new("python3")
            .args(["-c", program, argument])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let requests = child.stdin.take();
        let answers = BufReader::new(child.stdout.take().expect("stdout is piped"));
        let mut python = Python { child, requests, answers, version: String::new() };
        python.version = python.answer()?;
        Ok(python)
    }

    /// Whether `python3` has this module.
    pub fn has(module: &str) -> bool {
        let import = Command::new("python3").args(["-c", &format!("import {module}")]).stderr(Stdio::null()).status();
        import.is_ok_and(|status| status.success())
    }

    /// Returns the interpreter's version.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Starts and joins one process over there.
    ///
    /// # Errors
    ///
    /// If the interpreter has ended or answers something else than a number.
    pub fn start_and_join(&mut self) -> io::Result<Duration> {
        self.ask("")
    }

    /// Sends a line; the time that is answered.
    ///
    /// # Errors
    ///
    /// As [`Python::start_and_join`].
    pub fn ask(&mut self, line: &str) -> io::Result<Duration> {
        self.requests.as_mut().expect("open until dropped").write_all(format!("{line}\n").as_bytes())?;
        self.answer()?.parse().map(Duration::from_nanos).map_err(io::Error::other)
    }

    fn answer(&mut self) -> io::Result<String> {
        let mut line = String::new();
        match self.answers.read_line(&mut line)? {
            0 => Err(io::Error::other("python3 has ended")),
            _ => Ok(line.trim_end().to_owned()),
        }
    }
}

impl Drop for Python {
    /// Ends the interpreter by the end of its input, and reaps it.
    fn drop(&mut self) {
        drop(self.requests.take());
        // Nothing to do about a failure: the benchmark is over for it either way.
        self.child.wait().ok();
    }
}
