//! What a process has otherwise than its parent: environment, directory, limits, place among the processors.

use std::ffi::{CString, OsStr};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use nix::errno::Errno;
use nix::unistd::chdir;

use crate::error::Stage;
use crate::process::body::Body;
use crate::process::builder::Builder;
use crate::process::streams::Stdio;
use crate::sys::limit::{self, Resource};
use crate::sys::{direct, environ, terminal};

/// A kind of limit on what a process may use: see `setrlimit(2)`.
///
/// ```
/// use mp_runtime::{Builder, Limit};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let opened = Builder::closure(|| std::fs::File::open("/dev/null").is_ok()).limit(Limit::OpenFiles, 3);
/// assert!(!opened.spawn()?.join()?); // there are three already
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Limit {
    /// Bytes of address space.
    AddressSpace,
    /// Bytes of a core file; 0 for none.
    CoreSize,
    /// Seconds of processor time; beyond it comes SIGXCPU, then SIGKILL.
    CpuTime,
    /// Bytes of data: heap and the like.
    DataSize,
    /// Bytes of a file that it writes, results beyond 4 KiB included.
    FileSize,
    /// Bytes of memory locked.
    LockedMemory,
    /// The number that no descriptor may have, so the count of files it may have open.
    OpenFiles,
    /// Processes and threads of its user.
    Processes,
    /// Bytes of stack.
    StackSize,
}

/// Settings, none of which is the usual case.
#[derive(Debug, Default)]
pub(crate) struct Settings {
    pub(crate) clear_environment: bool,
    /// In the order they were given; a variable without a value is taken away.
    pub(crate) environment: Vec<(CString, Option<CString>)>,
    pub(crate) directory: Option<CString>,
    pub(crate) nice: Option<i32>,
    pub(crate) affinity: Option<Vec<usize>>,
    pub(crate) oom_score: Option<i32>,
    /// Whether it owns the terminal.
    pub(crate) terminal: bool,
    /// By the kernel's numbers.
    pub(crate) limits: Vec<(Resource, u64)>,
    /// A setting that can be none, for there is a zero byte in it: the step that would make it.
    pub(crate) refused: Option<Stage>,
}

impl<B: Body> Builder<B> {
    /// Sets its stdin.
    ///
    /// That is the descriptor. `std::io::stdin` has a buffer, which a forked process inherits with all other memory: what its
    /// parent has read ahead, by `read_line`, say, the process reads first; and while its parent holds the
    /// [`StdinLock`](std::io::StdinLock), as in a loop over `stdin().lines()`, it waits for that lock for ever. Where
    /// the parent reads its own stdin, the process reads descriptor 0 as a [`File`](std::fs::File), or is started by
    /// [`forkserver`](crate::StartMethod::ForkServer).
    pub fn stdin(mut self, stdin: impl Into<Stdio>) -> Self {
        self.stdio[0] = stdin.into();
        self
    }

    /// Sets its stdout.
    pub fn stdout(mut self, stdout: impl Into<Stdio>) -> Self {
        self.stdio[1] = stdout.into();
        self
    }

    /// Sets its stderr.
    pub fn stderr(mut self, stderr: impl Into<Stdio>) -> Self {
        self.stdio[2] = stderr.into();
        self
    }

    /// Sets a variable of its environment.
    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        let settings = self.settings();
        let name = settings.text(name.as_ref(), Stage::Environment);
        let value = settings.text(value.as_ref(), Stage::Environment);
        settings.environment.extend(name.zip(value).map(|(name, value)| (name, Some(value))));
        self
    }

    /// Takes a variable from its environment.
    pub fn env_remove(mut self, name: impl AsRef<OsStr>) -> Self {
        let settings = self.settings();
        let name = settings.text(name.as_ref(), Stage::Environment);
        settings.environment.extend(name.map(|name| (name, None)));
        self
    }

    /// Gives it none of the variables that its parent has, and that were set before.
    pub fn env_clear(mut self) -> Self {
        let settings = self.settings();
        settings.clear_environment = true;
        settings.environment.clear();
        self
    }

    /// Sets its working directory; relative to its parent's, if it is relative.
    pub fn current_dir(mut self, directory: impl AsRef<Path>) -> Self {
        let settings = self.settings();
        settings.directory = settings.text(directory.as_ref().as_os_str(), Stage::Directory);
        self
    }

    /// Sets its nice value: from -20, the most of the processors, to 19, the least.
    pub fn nice(mut self, nice: i32) -> Self {
        self.settings().nice = Some(nice);
        self
    }

    /// Keeps it to these processors, counted from 0.
    pub fn affinity(mut self, cpus: impl IntoIterator<Item = usize>) -> Self {
        self.settings().affinity = Some(cpus.into_iter().collect());
        self
    }

    /// Sets how readily it is killed when memory runs out: from -1000, never, to 1000, first.
    pub fn oom_score(mut self, score: i32) -> Self {
        self.settings().oom_score = Some(score);
        self
    }

    /// Sets whether it owns the terminal: its process group is in the foreground, so that it may read from the terminal, and
    /// Ctrl-C reaches it, and not the program.
    ///
    /// When it ends, however that comes, the terminal is the program's again; what reads from it before waits until then.
    /// When Ctrl-Z stops it, the program is stopped with it, and `fg` continues both. One process at a time may own the
    /// terminal, and only while its program is in the foreground. As long as it does the program handles SIGCHLD, SIGTTIN and
    /// SIGTTOU, unless it has handlers of its own for them.
    ///
    /// ```no_run
    /// use mp_runtime::Builder;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let ask = || std::io::stdin().lines().next().and_then(Result::ok).unwrap_or_default();
    /// let name = Builder::closure(ask).terminal(true).spawn()?.join()?;
    /// println!("hello {name}");
    /// # Ok(())
    /// # }
    /// ```
    pub fn terminal(mut self, terminal: bool) -> Self {
        self.settings().terminal = terminal;
        self
    }

    /// Limits what it may use, for good.
    pub fn limit(mut self, limit: Limit, to: u64) -> Self {
        self.settings().limits.push((limit.number(), to));
        self
    }

    /// Sets its seed: see [`Current::seed`](crate::Current::seed).
    ///
    /// ```
    /// use mp_runtime::{Builder, current};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let child = Builder::closure(|| current().seed()).seed(7).spawn()?;
    /// assert_eq!(child.join()?, 7);
    /// # Ok(())
    /// # }
    /// ```
    pub fn seed(mut self, seed: u64) -> Self {
        self.plan.seed = Some(seed);
        self
    }

    fn settings(&mut self) -> &mut Settings {
        self.plan.settings.get_or_insert_default()
    }
}

impl Limit {
    pub(crate) fn number(self) -> Resource {
        match self {
            Limit::AddressSpace => libc::RLIMIT_AS,
            Limit::CoreSize => libc::RLIMIT_CORE,
            Limit::CpuTime => libc::RLIMIT_CPU,
            Limit::DataSize => libc::RLIMIT_DATA,
            Limit::FileSize => libc::RLIMIT_FSIZE,
            Limit::LockedMemory => libc::RLIMIT_MEMLOCK,
            Limit::OpenFiles => libc::RLIMIT_NOFILE,
            Limit::Processes => libc::RLIMIT_NPROC,
            Limit::StackSize => libc::RLIMIT_STACK,
        }
    }
}

impl Settings {
    /// The text for a call to the kernel or the C library, which end at a zero byte.
    pub(crate) fn text(&mut self, text: &OsStr, stage: Stage) -> Option<CString> {
        let text = CString::new(text.as_bytes()).ok();
        if text.is_none() {
            self.refused = Some(stage);
        }
        text
    }

    /// Makes them those of the calling process: a child, before its function.
    ///
    /// Limits come last, for they might be in the way of the others.
    pub(crate) fn apply(&self) -> Result<(), (Stage, Errno)> {
        let at = |stage| move |errno| (stage, errno);
        if self.clear_environment {
            environ::clear().map_err(at(Stage::Environment))?;
        }
        for (name, value) in &self.environment {
            environ::set(name, value.as_deref()).map_err(at(Stage::Environment))?;
        }
        if let Some(directory) = &self.directory {
            chdir(directory.as_c_str()).map_err(at(Stage::Directory))?;
        }
        if let Some(nice) = self.nice {
            limit::nice(nice).map_err(at(Stage::Nice))?;
        }
        if let Some(cpus) = &self.affinity {
            limit::affinity(cpus).map_err(at(Stage::Affinity))?;
        }
        if let Some(score) = self.oom_score {
            let errno = |error: std::io::Error| Errno::from_raw(error.raw_os_error().unwrap_or(libc::EIO));
            let set = std::fs::write("/proc/self/oom_score_adj", score.to_string());
            set.map_err(errno).map_err(at(Stage::OomScore))?;
        }
        if self.terminal {
            terminal::give(direct::id()).map_err(at(Stage::Terminal))?;
        }
        self.limits.iter().try_for_each(|(which, to)| limit::set(*which, *to)).map_err(at(Stage::Limit))
    }
}
