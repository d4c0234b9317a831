//! A program to be run, and what the test knows about it beforehand.

use std::env;
use std::ffi::{OsStr, OsString};
use std::io::{self, Write};
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use crate::expect::Expect;
use crate::locate;
use crate::outcome::Outcome;
use crate::running::Running;
use crate::scratch::Scratch;
use crate::shared_memory::SharedMemory;
use crate::stream::Stream;
use crate::sys;

/// A program to be run.
#[derive(Clone, Debug)]
#[must_use = "nothing runs before `run` or `start`"]
pub struct Run {
    program: PathBuf,
    args: Vec<OsString>,
    env: Vec<(OsString, Option<OsString>)>,
    stdin: Option<Vec<u8>>,
    deadline: Duration,
    expected: Vec<Expect>,
}

impl Run {
    /// Prepares a program; one without a slash is looked up in `PATH`.
    pub fn program(path: impl AsRef<Path>) -> Self {
        let deadline = Duration::from_secs(20);
        let program = path.as_ref().to_owned();
        Self { program, args: Vec::new(), env: Vec::new(), stdin: None, deadline, expected: Vec::new() }
    }

    /// The path of the program.
    pub fn path(&self) -> &Path {
        &self.program
    }

    /// Adds one argument.
    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.args.push(arg.as_ref().to_owned());
        self
    }

    /// Adds arguments.
    pub fn args(mut self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        self.args.extend(args.into_iter().map(|arg| arg.as_ref().to_owned()));
        self
    }

    /// Sets a variable of the environment.
    pub fn env(mut self, key: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.env.push((key.as_ref().to_owned(), Some(value.as_ref().to_owned())));
        self
    }

    /// Removes a variable from the environment.
    pub fn env_remove(mut self, key: impl AsRef<OsStr>) -> Self {
        self.env.push((key.as_ref().to_owned(), None));
        self
    }

    /// Sets what the program reads from stdin; without it stdin is `/dev/null`.
    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = Some(bytes.into());
        self
    }

    /// Sets the time the program has, 20 s if not set. Afterwards everything is killed and the test fails.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Declares that the test means the program to leave this behind.
    pub fn expect(mut self, expected: Expect) -> Self {
        self.expected.push(expected);
        self
    }

    /// Has the program run in a PID namespace of its own. With `MP_TESTS_ISOLATED` in the environment of a test, all do.
    pub fn isolated(mut self) -> Self {
        self.args.splice(..0, ["exec".into(), self.program.into_os_string()]);
        self.program = locate::built("fixture_isolate");
        self
    }

    /// Runs the program to its end and checks what it left behind.
    ///
    /// # Panics
    ///
    /// If it could not be started, or left behind what was not declared with [`Run::expect`].
    #[track_caller]
    pub fn run(self) -> Outcome {
        self.start().finish()
    }

    /// Starts the program, and returns when it runs.
    ///
    /// # Panics
    ///
    /// If it could not be started.
    #[track_caller]
    pub fn start(mut self) -> Running {
        if env::var_os("MP_TESTS_ISOLATED").is_some() {
            self = self.isolated();
        }
        let scratch = Scratch::new();
        let memory = SharedMemory::now();
        let (report, writer) = io::pipe().expect("a pipe for the report");

        let mut warden = Command::new(locate::built("warden"));
        warden.arg("--deadline-ms").arg(self.deadline.as_millis().to_string());
        warden.arg("--report-fd").arg(writer.as_raw_fd().to_string());
        warden.arg("--").arg(&self.program).args(&self.args);
        warden.env("TMPDIR", scratch.path());
        for (key, value) in &self.env {
            match value {
                Some(value) => warden.env(key, value),
                None => warden.env_remove(key),
            };
        }
        warden.stdin(if self.stdin.is_some() { Stdio::piped() } else { Stdio::null() });
        warden.stdout(Stdio::piped()).stderr(Stdio::piped());
        sys::inherit(&mut warden, writer.into());
        let mut child = warden.spawn().expect("the warden starts");
        // Our end of the report: only the warden may hold it, so that its end is the report's end.
        drop(warden);

        if let (Some(mut pipe), Some(bytes)) = (child.stdin.take(), self.stdin.clone()) {
            // A program that does not read it all is free to do so.
            thread::spawn(move || drop(pipe.write_all(&bytes)));
        }
        let stdout = Stream::of(child.stdout.take().expect("stdout is a pipe"));
        let stderr = Stream::of(child.stderr.take().expect("stderr is a pipe"));
        let mut running = Running::new(self, child, [stdout, stderr, Stream::of(report)], scratch, memory);
        running.wait_started();
        running
    }

    /// The command as a person would type it.
    pub(crate) fn command(&self) -> String {
        let words = [self.program.as_os_str()].into_iter().chain(self.args.iter().map(OsString::as_os_str));
        let words = words.map(|word| {
            let word = word.to_string_lossy();
            if word.is_empty() || word.contains(char::is_whitespace) { format!("'{word}'") } else { word.into_owned() }
        });
        words.collect::<Vec<_>>().join(" ")
    }

    pub(crate) fn time(&self) -> Duration {
        self.deadline
    }

    pub(crate) fn expects(&self, what: Expect) -> bool {
        self.expected.contains(&what)
    }
}
