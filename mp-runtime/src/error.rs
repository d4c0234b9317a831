//! What went wrong at the start of a process.

use std::error::Error;
use std::{borrow::Cow, fmt, io};

/// Why a process could not be started. Nothing of it is left: no process, no descriptor, no changed mask.
///
/// `Display` says what failed and what to do. [`stage`](SpawnError::stage) and
/// [`raw_os_error`](SpawnError::raw_os_error) tell programs.
///
/// ```
/// use mp_runtime::process;
///
/// #[process]
/// fn work() {}
///
/// # fn main() {
/// // A plain fork of a program with threads could hang on a lock that another thread holds.
/// let (stop, wait) = std::sync::mpsc::channel::<()>();
/// let thread = std::thread::spawn(move || wait.recv());
/// let error = work::spawn().unwrap_err();
/// assert!(error.is_threaded());
/// # drop(stop);
/// # let _ = thread.join();
/// # }
/// ```
pub struct SpawnError {
    name: Cow<'static, str>,
    kind: SpawnErrorKind,
}

#[derive(Debug, Clone)]
pub enum SpawnErrorKind {
    /// The program has threads; how many, if that could be found out. And who asked.
    Threaded(Option<usize>, Caller),
    /// The caller runs in a runtime of tokio, as the process would have to.
    #[cfg(feature = "tokio")]
    InsideRuntime,
    /// The name cannot be a process's name, and why.
    Name(&'static str),
    /// It cannot own the terminal, and why.
    Terminal(&'static str),
    /// Two of the settings cannot be had together, and why.
    Contradiction(&'static str),
    /// The fork server has threads.
    ServerThreaded,
    /// There is no signal of this number to stop the process by.
    StopSignal(i32),
    /// The arguments cannot be serialised, and why.
    Arguments(String),
    /// The executable cannot be run again, and why.
    Executable(&'static str),
    /// A system call failed.
    Os(Stage, i32),
}

/// Who asks for a process: where a fork is refused, it depends on that what to do instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Caller {
    #[default]
    Function,
    Closure,
    Pool,
    ParMap,
}

impl Caller {
    /// What to do where there are threads.
    fn advice(self) -> &'static str {
        match self {
            Caller::Function => {
                "start it by `forkserver` or by `exec`, as in `#[process(start = forkserver)]`, \
                 spawn before the first thread is started, or answer for the other threads with \
                 `#[process(unsafe(threads))]`"
            }
            Caller::Closure => {
                "a closure is always forked: put its work into a function with `#[process(start = forkserver)]`, or spawn \
                 before the first thread is started"
            }
            Caller::Pool => {
                "have the workers started by `forkserver` or by `exec`, as in \
                 `Pool::builder().start_method(StartMethod::ForkServer)`, for which the pool's function captures nothing, or \
                 let there be no other thread when a worker is started, also one in place of another"
            }
            Caller::ParMap => {
                "send the data to a pool whose workers are not forked, as that of \
                 `Pool::builder().start_method(StartMethod::ForkServer)`, or call `par_map` before the first thread is started"
            }
        }
    }
}

/// A step of starting a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Stage {
    /// Making the memory that carries the report of the child: its result, its panic.
    ReportMemory,
    /// Reserving the descriptors that the parent needs after the fork.
    Descriptors,
    /// Making the pipe by whose end it is killed when the parent is no more.
    Lifeline,
    /// Registering what happens to children when the program exits.
    ExitHandler,
    /// Blocking and unblocking signals around the fork.
    SignalMask,
    /// `fork` itself.
    Fork,
    /// Making the socket over which a fork server or an executed image is told what to run, and telling it.
    Order,
    /// Running the executable of this program again.
    Exec,
    /// Finding the function in the executable; in the child: finding it again there.
    Image,
    /// Opening the process descriptor of the child, which is killed then: its function may have begun.
    ProcessDescriptor,
    /// Making the mark of a process that is detached; in the child: bearing it, and becoming the leader of a session.
    Session,
    /// In the child: becoming the leader of a process group of its own.
    ProcessGroup,
    /// In the child: asking to be killed when the parent dies.
    DeathSignal,
    /// Making the standard streams; in the child: putting them in their places.
    Streams,
    /// In the child: setting variables of the environment.
    Environment,
    /// In the child: changing to its directory.
    Directory,
    /// In the child: setting its nice value.
    Nice,
    /// In the child: keeping to its processors.
    Affinity,
    /// In the child: setting its score for when memory runs out.
    OomScore,
    /// Looking for the terminal; in the child: coming into its foreground.
    Terminal,
    /// In the child: setting its limits.
    Limit,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Stage::ReportMemory => "making its report memory",
            Stage::Descriptors => "reserving its descriptors",
            Stage::Lifeline => "making its lifeline",
            Stage::ExitHandler => "registering the exit handler",
            Stage::SignalMask => "setting the signal mask",
            Stage::Fork => "fork",
            Stage::Order => "telling it what to run",
            Stage::Exec => "running the executable again",
            Stage::Image => "finding its function in the executable",
            Stage::ProcessDescriptor => "opening its process descriptor",
            Stage::Session => "making its session",
            Stage::ProcessGroup => "making its process group",
            Stage::DeathSignal => "arming its death signal",
            Stage::Streams => "making its standard streams",
            Stage::Environment => "setting its environment",
            Stage::Directory => "changing to its directory",
            Stage::Nice => "setting its nice value",
            Stage::Affinity => "keeping to its processors",
            Stage::OomScore => "setting its score for when memory runs out",
            Stage::Terminal => "making the terminal its",
            Stage::Limit => "setting its limits",
        })
    }
}

impl Stage {
    pub(crate) const ALL: [Stage; 21] = [
        Stage::ReportMemory,
        Stage::Descriptors,
        Stage::Lifeline,
        Stage::ExitHandler,
        Stage::SignalMask,
        Stage::Fork,
        Stage::ProcessDescriptor,
        Stage::ProcessGroup,
        Stage::DeathSignal,
        Stage::Streams,
        Stage::Environment,
        Stage::Directory,
        Stage::Nice,
        Stage::Affinity,
        Stage::OomScore,
        Stage::Limit,
        Stage::Order,
        Stage::Exec,
        Stage::Image,
        Stage::Session,
        Stage::Terminal,
    ];
}

impl SpawnError {
    pub(crate) fn new(name: impl Into<Cow<'static, str>>, kind: SpawnErrorKind) -> Self {
        SpawnError { name: name.into(), kind }
    }

    /// The name of the process that could not be started.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether the program has more threads than the one that asked.
    pub fn is_threaded(&self) -> bool {
        matches!(self.kind, SpawnErrorKind::Threaded(..))
    }

    /// Whether an `async` function was to be forked by a thread that is inside of a runtime of tokio. Its copy
    /// in the forked process could not enter another.
    #[cfg(feature = "tokio")]
    pub fn is_inside_runtime(&self) -> bool {
        matches!(self.kind, SpawnErrorKind::InsideRuntime)
    }

    /// The step that failed, if it was a system call.
    pub fn stage(&self) -> Option<Stage> {
        match self.kind {
            SpawnErrorKind::Os(stage, _) => Some(stage),
            _ => None,
        }
    }

    /// The error number of the system call that failed, if one did.
    pub fn raw_os_error(&self) -> Option<i32> {
        match self.kind {
            SpawnErrorKind::Os(_, errno) => Some(errno),
            _ => None,
        }
    }
}

impl fmt::Display for SpawnError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A name that was refused may hold anything; the message stays one line.
        write!(f, "process `{}` could not be started: ", self.name.escape_debug())?;
        match &self.kind {
            SpawnErrorKind::Threaded(threads, caller) => {
                match threads {
                    Some(threads) => write!(f, "this program has {threads} threads")?,
                    None => write!(f, "this program has more than one thread")?,
                }
                write!(
                    f,
                    ", and a lock that another thread holds would stay locked in a forked process for ever; {}",
                    caller.advice()
                )
            }
            #[cfg(feature = "tokio")]
            SpawnErrorKind::InsideRuntime => f.write_str(
                "it is `async`, and a fork made inside of a tokio runtime stays inside of that one's copy, where no other can \
                 run; start it by `forkserver` or by `exec`, as in `#[process(start = forkserver)]`, or spawn before the \
                 runtime is entered",
            ),
            SpawnErrorKind::Name(why) => write!(f, "its name {why}"),
            SpawnErrorKind::Terminal(why) => write!(f, "it cannot own the terminal: {why}"),
            SpawnErrorKind::ServerThreaded => f.write_str(
                "a library of this program starts threads as soon as it is loaded, in the fork server too, beside which a fork \
                 is not safe; start it by `exec`, as in `#[process(start = exec)]`",
            ),
            SpawnErrorKind::Contradiction(why) => write!(f, "its settings contradict each other: {why}"),
            SpawnErrorKind::StopSignal(signal) => {
                write!(f, "there is no signal {signal} to stop it by: the numbers are 1 to 64")
            }
            SpawnErrorKind::Arguments(why) => write!(f, "its arguments could not be serialised: {why}"),
            SpawnErrorKind::Executable(why) => {
                write!(f, "the executable cannot be run again: {why}; start it by `fork`")
            }
            SpawnErrorKind::Os(stage, errno) => write!(f, "{stage}: {}", io::Error::from_raw_os_error(*errno)),
        }
    }
}

impl fmt::Debug for SpawnError {
    /// As `Display`: it is what `unwrap` and `fn main() -> Result` show.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for SpawnError {}

impl From<SpawnError> for io::Error {
    fn from(error: SpawnError) -> io::Error {
        let kind = match error.kind {
            SpawnErrorKind::Os(_, errno) => io::Error::from_raw_os_error(errno).kind(),
            SpawnErrorKind::Threaded(..) | SpawnErrorKind::Executable(_) => io::ErrorKind::Unsupported,
            #[cfg(feature = "tokio")]
            SpawnErrorKind::InsideRuntime => io::ErrorKind::Unsupported,
            SpawnErrorKind::Arguments(_)
            | SpawnErrorKind::Name(_)
            | SpawnErrorKind::ServerThreaded
            | SpawnErrorKind::Contradiction(_)
            | SpawnErrorKind::Terminal(_)
            | SpawnErrorKind::StopSignal(_) => io::ErrorKind::InvalidInput,
        };
        io::Error::new(kind, error)
    }
}
