//! Panics in a child, told to the parent in full.
//!
//! The hook sees every panic, but not whether somebody catches it. So it remembers the latest panic of its
//! thread; the boundary around the process function turns that into the report. Only a panic that nothing can
//! catch is reported by the hook itself: any panic of a program built with `panic = "abort"`, and the one std
//! raises when a destructor panics during unwinding or a function that must not unwind does.

use std::any::Any;
use std::backtrace::{Backtrace, BacktraceStatus};
use std::cell::{Cell, RefCell};
use std::fmt;
use std::mem;
use std::panic::{self, PanicHookInfo, UnwindSafe};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use crate::process::outbox::{self, Outbox};
use crate::sys::direct;
use crate::wire::codec;
use crate::wire::frame::State;

/// What a process said when it panicked.
///
/// ```
/// use mp_runtime::{ExitKind, process};
///
/// #[process]
/// fn fragile() {
///     panic!("out of luck");
/// }
///
/// # fn main() {
/// let error = fragile::spawn().unwrap().join().unwrap_err();
/// let Some(ExitKind::Panicked(panic)) = error.exit().map(|exit| exit.kind()) else { panic!("{error}") };
/// assert_eq!(panic.message(), "out of luck");
/// assert!(panic.location().is_some_and(|location| location.line() > 0));
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Panic {
    message: String,
    location: Option<Location>,
    thread: Option<String>,
    backtrace: Option<String>,
}

/// Where in the source a panic was raised. See [`Panic::location`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    file: String,
    line: u32,
    column: u32,
}

impl Panic {
    /// The message; for a payload that is no string, `Box<dyn Any>`, as std prints it.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Where it was raised. `None` for `std::panic::resume_unwind` with a payload of its own.
    pub fn location(&self) -> Option<&Location> {
        self.location.as_ref()
    }

    /// The name of the thread that panicked, if it had one.
    pub fn thread(&self) -> Option<&str> {
        self.thread.as_deref()
    }

    /// The stack at the panic, as text, if `RUST_BACKTRACE` or `RUST_LIB_BACKTRACE` ask for it, as with std.
    pub fn backtrace(&self) -> Option<&str> {
        self.backtrace.as_deref()
    }

    /// The panic that `bytes` tell about; with a note instead of a message if they are harmed.
    pub(crate) fn decode(bytes: &[u8]) -> Panic {
        let fields: Result<Fields, _> = codec::decode(bytes);
        match fields {
            Ok((message, location, thread, backtrace)) => {
                let location = location.map(|(file, line, column)| Location { file, line, column });
                Panic { message, location, thread, backtrace }
            }
            Err(error) => Panic::unknown(format!("(its message was lost: {error})")),
        }
    }

    fn unknown(message: String) -> Panic {
        Panic { message, location: None, thread: None, backtrace: None }
    }

    fn fields(&self) -> Fields {
        let Panic { message, location, thread, backtrace } = self.clone();
        (message, location.map(|Location { file, line, column }| (file, line, column)), thread, backtrace)
    }

    /// Appends the panic to `bytes`.
    pub(crate) fn encode(&self, bytes: &mut Vec<u8>) {
        // Strings and integers always encode.
        let _ = codec::append(&self.fields(), bytes);
    }

    /// Reports it. Apart: what it takes of the stack would lie in the frame of every child.
    #[cold]
    #[inline(never)]
    pub(crate) fn send(&self, outbox: Outbox, state: State) {
        let shorter = || Panic { message: outbox::cut(&self.message), backtrace: None, ..self.clone() }.fields();
        outbox.tell(state, &self.fields(), shorter);
    }
}

/// A panic as it crosses: message, location, thread, backtrace.
type Fields = (String, Option<(String, u32, u32)>, Option<String>, Option<String>);

impl Location {
    /// The source file, as the compiler was given it.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The line, from 1.
    pub fn line(&self) -> u32 {
        self.line
    }

    /// The column, from 1.
    pub fn column(&self) -> u32 {
        self.column
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

thread_local! {
    static LATEST: RefCell<Option<Panic>> = const { RefCell::new(None) };
    /// Whether somebody wants to know, though this process has nobody to report to.
    static IS_HEARD: Cell<bool> = const { Cell::new(false) };
}

/// The address of the hook, once it is made.
static HOOK: AtomicUsize = AtomicUsize::new(0);

/// Whether the hook stands in front of another than std's own.
static HAS_OTHER: AtomicBool = AtomicBool::new(false);

/// Whether somebody else has set a hook. std's own is a function, which has no size; one that knows something has.
pub(crate) fn has_other_hook() -> bool {
    HAS_OTHER.load(Ordering::Relaxed)
}

/// Has every panic of a child forked from now on noted, before whatever hook there is prints it.
///
/// This happens in the parent, which has the code at hand and mostly nothing to do, rather than in each child. The
/// hook is asked for each time, for the user may have set another since. Called with the registry held: two threads
/// at it at once could lose the user's hook, and a fork in between would leave std's lock on it held.
#[inline]
pub(crate) fn watch() {
    if thread::panicking() {
        return; // std lets nobody change the hook now
    }
    let hook = panic::take_hook();
    if address(&*hook) == HOOK.load(Ordering::Relaxed) {
        return panic::set_hook(hook);
    }
    HAS_OTHER.store(size_of_val(&*hook) != 0, Ordering::Relaxed);
    let mark = Mark;
    let noting: Box<Hook> = Box::new(move |info| {
        let _ = &mark;
        note(info);
        hook(info);
    });
    HOOK.store(address(&*noting), Ordering::Relaxed);
    panic::set_hook(noting);
}

/// Held by the hook. Its address means nothing any more once it is dropped: another may be made there.
struct Mark;

impl Drop for Mark {
    fn drop(&mut self) {
        HOOK.store(0, Ordering::Relaxed);
    }
}

type Hook = dyn Fn(&PanicHookInfo<'_>) + Sync + Send;

fn address(hook: &Hook) -> usize {
    (&raw const *hook).addr()
}

/// What std says when unwinding meets something that must not unwind. The panic before it is the cause.
const CANNOT_UNWIND: [&str; 2] = ["panic in a destructor during cleanup", "panic in a function that cannot unwind"];

fn note(info: &PanicHookInfo<'_>) {
    let outbox = outbox::mine();
    if outbox.is_none() && !IS_HEARD.get() {
        return;
    }
    let mut panic = Panic {
        message: message(info.payload()),
        location: info.location().map(|at| Location {
            file: at.file().to_owned(),
            line: at.line(),
            column: at.column(),
        }),
        thread: name_of_thread(),
        backtrace: backtrace(),
    };
    let mut fatal = cfg!(panic = "abort");
    let by_std = panic.location.as_ref().is_some_and(|at| at.file.ends_with("core/src/panicking.rs"));
    if by_std && CANNOT_UNWIND.contains(&panic.message.as_str()) {
        fatal = true;
        if let Some(cause) = LATEST.take() {
            panic = Panic { message: format!("{}; then: {}", cause.message, panic.message), ..cause };
        }
    }
    // If another thread is writing its payload, the process may yet end by that: then only the signal tells.
    if let Some(outbox) = outbox.filter(|outbox| fatal && outbox.claim()) {
        panic.send(outbox, State::Aborting);
    }
    LATEST.set(Some(panic));
}

/// Runs `action`; what was said, if it panics. In a process that nobody waits for, too.
pub(crate) fn catch<T>(action: impl FnOnce() -> T + UnwindSafe) -> Result<T, Panic> {
    let before = IS_HEARD.replace(true);
    let done = panic::catch_unwind(action);
    IS_HEARD.set(before);
    done.map_err(|payload| {
        let panic = caught(&*payload);
        // Its destructor could panic again, with nobody left to catch it.
        mem::forget(payload);
        panic
    })
}

/// What a caught payload was about.
pub(crate) fn caught(payload: &(dyn Any + Send)) -> Panic {
    let message = message(payload);
    match LATEST.take() {
        Some(panic) if panic.message == message => panic,
        // Raised by `resume_unwind`, which calls no hook, or under a hook of the user's own.
        _ => Panic::unknown(message),
    }
}

fn message(payload: &(dyn Any + Send)) -> String {
    if let Some(message) = payload.downcast_ref::<&str>() {
        (*message).to_owned()
    } else if let Some(message) = payload.downcast_ref::<String>() {
        message.clone()
    } else {
        "Box<dyn Any>".to_owned()
    }
}

/// The name of the calling thread. std names the first one when it comes to `main`; not every process does.
fn name_of_thread() -> Option<String> {
    let name = thread::current().name().map(str::to_owned);
    name.or_else(|| (direct::thread() == direct::id()).then(|| "main".to_owned()))
}

fn backtrace() -> Option<String> {
    let backtrace = Backtrace::capture();
    (backtrace.status() == BacktraceStatus::Captured).then(|| backtrace.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_crosses_whole() {
        let panic = Panic {
            message: "out of luck".to_owned(),
            location: Some(Location { file: "src/main.rs".to_owned(), line: 3, column: 5 }),
            thread: Some("main".to_owned()),
            backtrace: None,
        };
        let mut bytes = Vec::new();
        codec::encode(&panic.fields(), &mut bytes).expect("a vector takes any bytes");
        assert_eq!(Panic::decode(&bytes), panic);
    }

    #[test]
    fn a_harmed_payload_says_so() {
        assert!(Panic::decode(&[9]).message().starts_with("(its message was lost"));
    }
}
