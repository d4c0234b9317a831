//! Settings of a process that is not started yet.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use crate::error::{Caller, SpawnError, SpawnErrorKind, Stage};
use crate::ipc::moving;
use crate::process::body::{Body, Portable, Running};
use crate::process::handle::Child;
use crate::process::method::{self, Plan, StartMethod};
use crate::process::record::Record;
#[cfg(feature = "tokio")]
use crate::process::runtime;
use crate::process::streams::{Stdio, Streams};
use crate::process::{isolation, settle, terminal};
use crate::sys::counted::Counted;
use crate::sys::stack;

/// A process to be: a process function with its arguments, and settings that override those of its attribute.
///
/// `#[process] fn run(..)` gives one by `run::process(..)`.
///
/// ```
/// use mp_runtime::{current, process};
///
/// #[process(daemon)]
/// fn whoami() -> (String, bool) {
///     (current().name().to_owned(), current().is_daemon())
/// }
///
/// # fn main() {
/// let child = whoami::process().name("somebody").daemon(false).spawn().unwrap();
/// assert_eq!(child.join().unwrap(), ("somebody".to_owned(), false));
/// # }
/// ```
///
/// A closure becomes one by [`Builder::closure`].
#[must_use = "a process is started by `spawn`"]
pub struct Builder<B> {
    body: B,
    pub(crate) plan: Plan,
    pub(crate) stdio: [Stdio; 3],
}

impl<B: Body> Builder<B> {
    pub(crate) fn of(name: impl Into<Cow<'static, str>>, body: B) -> Self {
        let plan = Plan { name: name.into(), ..Plan::default() };
        Builder { body, plan, stdio: Default::default() }
    }

    /// Sets the name, in [`current`](crate::current), messages, and, as far as 15 bytes go, `ps`.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.plan.name = Cow::Owned(name.into());
        self
    }

    /// Sets whether the process is a daemon, in Python's sense: not waited for when its parent ends, but stopped.
    pub fn daemon(mut self, daemon: bool) -> Self {
        self.plan.daemon = daemon;
        self
    }

    /// Sets whether the process is detached: the explicit way out, for what is to go on when the program has ended.
    ///
    /// It leads a session of its own, without a terminal. When the program ends, however that comes, it is not waited for,
    /// not stopped, and not killed. Until then its [`Child`] joins and signals it like any other.
    ///
    /// It has the standard streams of the program, as long as they last: give it others. What it starts itself is not
    /// detached, and what it leaves behind belongs to the program, while that runs. In a program that is
    /// [isolated](crate::isolate()) there is no way out: the start fails.
    ///
    /// ```
    /// # use mp_runtime::Builder;
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let child = Builder::closure(|| std::process::id()).detached(true).spawn()?;
    /// assert!(child.is_detached());
    /// let id = child.id();
    /// assert_eq!(child.join()?, id);
    /// # Ok(())
    /// # }
    /// ```
    pub fn detached(mut self, detached: bool) -> Self {
        self.plan.detached = detached;
        self
    }

    /// Sets how long the process may take to end after it was asked to, before SIGKILL; five seconds if not set.
    ///
    /// That is when it is stopped because its parent ends; [`Child::stop`] has a grace of its own.
    ///
    /// ```
    /// # use mp_runtime::process;
    /// # use std::time::{Duration, Instant};
    /// #[process(daemon)]
    /// fn serve() {
    ///     loop { std::thread::park() }
    /// }
    ///
    /// # fn main() {
    /// // At the end of the program it gets SIGINT, and 100 ms later, if it has not ended, SIGKILL.
    /// serve::process().stop_signal(2).grace(Duration::from_millis(100)).spawn().unwrap();
    /// # }
    /// ```
    pub fn grace(mut self, grace: Duration) -> Self {
        self.plan.ladder.grace = grace;
        self
    }

    /// Sets the signal by which the process is asked to end, by its number, 1 to 64; SIGTERM if not set.
    pub fn stop_signal(mut self, signal: i32) -> Self {
        self.plan.ladder.signal = signal;
        self
    }

    pub(crate) fn replica(mut self, index: usize) -> Self {
        self.plan.replica = Some(index);
        self
    }

    pub(crate) fn caller(mut self, caller: Caller) -> Self {
        self.plan.caller = caller;
        self
    }

    pub(crate) fn allow_threads(mut self) -> Self {
        self.plan.threads_allowed = true;
        self
    }

    #[cfg(feature = "tokio")]
    pub(crate) fn asynchronous(mut self) -> Self {
        self.plan.asynchronous = true;
        self
    }

    /// Sets how it is started; for functions with the option `start`, which says how they are started otherwise.
    ///
    /// See [`StartMethod`].
    pub fn start(mut self, method: StartMethod) -> Self
    where
        B: Portable,
    {
        self.plan.method = method;
        self
    }

    /// Starts the process.
    ///
    /// The arguments are used in the child, as they were at this moment; here they are dropped on return.
    ///
    /// # Errors
    ///
    /// When the program has threads, for the child of a plain fork could hang on a lock that another thread
    /// holds, and is not started by another method; when an `async` function would be forked from inside of a runtime of tokio;
    /// when the name is empty or has a control character in it, or the settings contradict each other; when the system lacks
    /// memory, processes or descriptors. Nothing is left of the attempt.
    pub fn spawn(mut self) -> Result<Child<B::Value>, SpawnError> {
        match refuse(&self.plan).and_then(|()| streams(self.stdio)) {
            Ok(streams) => self.plan.streams = streams,
            Err(kind) => return Err(SpawnError::new(self.plan.name, kind)),
        }
        let decode = self.body.decoder();
        let record = if self.plan.method == StartMethod::Fork {
            let mut body = Some(self.body);
            stack::in_one_page(|| fork(&mut self.plan, &mut body))?
        } else {
            start_remotely(self.plan, self.body)?
        };
        settle::settle(&record);
        Ok(Child::new(record, decode))
    }
}

/// Says why a process cannot be as planned, if it cannot. Apart, as the others here: the stack that it takes is given back before the fork.
#[inline(never)]
fn refuse(plan: &Plan) -> Result<(), SpawnErrorKind> {
    check(&plan.name).map_err(SpawnErrorKind::Name)?;
    if !(1..=64).contains(&plan.ladder.signal) {
        return Err(SpawnErrorKind::StopSignal(plan.ladder.signal));
    }
    if let Some(why) = contradiction(plan) {
        return Err(SpawnErrorKind::Contradiction(why));
    }
    let Some(settings) = &plan.settings else { return Ok(()) };
    if settings.terminal {
        terminal_is_to_be_had()?;
    }
    settings.refused.map_or(Ok(()), |stage| Err(SpawnErrorKind::Os(stage, libc::EINVAL)))
}

/// The streams of a process, unless it has its parent's.
#[inline(never)]
fn streams(stdio: [Stdio; 3]) -> Result<Option<Box<Streams>>, SpawnErrorKind> {
    if stdio.iter().all(|stdio| matches!(stdio, Stdio::Inherit)) {
        return Ok(None);
    }
    let made = Streams::make(stdio).map_err(|errno| SpawnErrorKind::Os(Stage::Streams, errno as i32));
    made.map(|streams| Some(Box::new(streams)))
}

/// Starts a process by another method than fork.
#[inline(never)]
fn start_remotely<B: Body>(plan: Plan, body: B) -> Result<Counted<Record>, SpawnError> {
    match body.write_down() {
        Some(Ok(work)) => method::remote::start(plan, work),
        Some(Err(kind)) => Err(SpawnError::new(plan.name, kind)),
        None => unreachable!("`start` asks for a body that can be written down"),
    }
}

/// Starts a process by fork. Takes the body: it lies in this frame then, and what the child writes to in this one and those below. The plan,
/// which the child does not write to, stays where it is until the record is made of it.
#[inline(never)]
fn fork<B: Body>(plan: &mut Plan, body: &mut Option<B>) -> Result<Counted<Record>, SpawnError> {
    #[cfg(feature = "tokio")]
    let inherited = match runtime::Inherited::of(plan) {
        Ok(inherited) => inherited,
        Err(kind) => return Err(SpawnError::new(std::mem::take(&mut plan.name), kind)),
    };
    let mut body = body.take();
    let departure = moving::depart();
    let arrive = || {
        departure.arrive();
        #[cfg(feature = "tokio")]
        return inherited.part();
        #[cfg(not(feature = "tokio"))]
        Ok(())
    };
    let record = method::fork::start(plan, &mut Running { body: &mut body, first: arrive })?;
    departure.hand_over(|| record.identity(), || drop(body));
    Ok(record)
}

/// Why `name` is none, if it is none.
fn check(name: &str) -> Result<(), &'static str> {
    if name.is_empty() {
        Err("is empty")
    } else if name.contains(char::is_control) {
        Err("has a control character in it")
    } else {
        Ok(())
    }
}

/// Which settings cannot be had together, if such were asked for.
fn contradiction(plan: &Plan) -> Option<&'static str> {
    let terminal = plan.settings.as_ref().is_some_and(|settings| settings.terminal);
    match plan.detached {
        true if plan.daemon => Some("a daemon is stopped with its parent, and a detached process is not"),
        true if terminal => Some("a detached process has a session of its own, and so no terminal"),
        true if isolation::is_inside() => {
            Some("a detached process outlives its program, and no process outlives one that is isolated")
        }
        _ => None,
    }
}

/// Whether a process that is started now can own the terminal.
fn terminal_is_to_be_had() -> Result<(), SpawnErrorKind> {
    if terminal::is_lent() {
        return Err(SpawnErrorKind::Terminal("another process owns it, and has not been joined: join that first"));
    }
    match terminal::come_by() {
        Ok(true) => Ok(()),
        Ok(false) => {
            Err(SpawnErrorKind::Terminal("this program is not in its foreground: start it there, without `&`"))
        }
        Err(errno) => Err(SpawnErrorKind::Os(Stage::Terminal, errno as i32)),
    }
}

impl<B> fmt::Debug for Builder<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("name", &self.plan.name)
            .field("daemon", &self.plan.daemon)
            .finish_non_exhaustive()
    }
}
