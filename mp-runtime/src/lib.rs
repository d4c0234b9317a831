//! Processes as easy as threads: declare functions as processes, and the program starts, watches and joins them.
//!
//! ```
//! use mp_runtime::{mp_main, process};
//!
//! #[process]
//! fn count(text: &str) -> usize {
//!     text.split_whitespace().count()
//! }
//!
//! #[process(daemon)]
//! fn tick() {
//!     loop { std::thread::park() }
//! }
//!
//! mp_main! {
//!     tick();                             // stopped when the others have ended
//!     words: count("lucky is a good man"); // waited for
//!
//!     fn main() {
//!         assert_eq!(words.join().unwrap(), 5);
//!     }
//! }
//! ```
//!
//! Each function runs in an operating-system process of its own, so that a crash, a leak or an `exit` in one is
//! only a report in another. By default it is forked: it works on a copy-on-write copy of its parent's memory. Two other
//! [methods](#start-methods) copy nothing.
//!
//! # The three nouns
//!
//! - A **process function** is a function marked [`#[process]`](macro@process). It stays callable as it is; beside it
//!   stand `name::spawn(..)`, which starts it, and `name::process(..)`, which gives a [`Builder`] for more settings.
//! - A [`Child`] is the handle of a running process: join it for its value, signal it, stop it, poll it.
//! - An [`Exit`] tells how a process ended: returned, failed, panicked with message, place and backtrace, exited, or was
//!   killed by a signal; whether its function began; its run time, memory and processor time.
//!
//! [`mp_main!`] makes a program of process functions. A program with its own `fn main` only calls `spawn`; there is
//! nothing to initialise.
//!
//! A closure is started as a thread is: [`spawn`], and [`scope()`] for processes that end with a block.
//!
//! # What crosses, and how
//!
//! By `fork`, arguments are not sent: the child has a copy of everything, so a parameter may be of any type, borrowed ones
//! included. By `forkserver` and `exec` they are serialised: see [start methods](#start-methods). After `spawn` the parent has dropped its own; a file or socket that was moved into a process
//! is the process's alone.
//!
//! Results are sent: `()`, any serde type, or a `Result` of one whose error implements `Display`. They cross in memory
//! that is read after the process has ended. So a result may have any size, and a join cannot wait for a process
//! that waits for its pipe to be read.
//!
//! A change to a global, or through `&mut`, stays in the process that made it. Not so through a reference to memory that processes share,
//! such as one taken from a [`Loan`] or from the guard of a [lock](sync): that is no copy in a child, and no borrow ends there when it ends
//! here. Do not lend such a reference to a process; nothing checks it.
//!
//! # Between running processes
//!
//! A [`channel`] carries values of any serde type between processes while they run. Its ends, [`Sender`] and [`Receiver`], are
//! used as those of `std::sync::mpsc`, and both can be cloned. An end works in the process that it was made in, and can be moved
//! into a process as an argument, by value; from then on it is that process's. One that was only borrowed or
//! inherited answers with an error. Ends can also be inside of the values sent, as can files and sockets: see [`Fd`].
//! [`duplex`] makes two channels, one each way; [`oneshot`] one for a single value; [`Select`] waits for several.
//! A [`queue`](queue()) carries work: an item is done when a worker says so, and given to another if the worker dies before.
//! A channel of [`Bytes`] can [lend](Sender::loan) its memory, so that large messages are not copied. Each side learns when
//! the other is gone, also by SIGKILL, and no kill can lose or tear what others have sent.
//!
//! Memory can be shared, too: a [`SharedBox`] or [`SharedSlice`] of atomics and of what does not change, a
//! [`Mutex`](sync::Mutex) or [`RwLock`](sync::RwLock) around [plain data](Plain) that does, [`SharedBytes`] that grow. They are made
//! before the processes that use them are started, and lent or moved to these; or sent in a message. The
//! locks and the other ways to wait in [`sync`] are those of `std::sync`, and survive any kill: who holds a lock and dies is
//! reported to the next, and nobody waits for the dead.
//!
//! | in Python's `multiprocessing` | here |
//! |---|---|
//! | `Pipe` | [`duplex`]; [`channel`] for one way. What was moved into a process is gone here, so its end is always seen |
//! | `Queue`, `SimpleQueue` | [`channel`]: no thread behind it, what was sent is in it, and errors are those of the call |
//! | `Queue.get`, `get_nowait`, `get(timeout)`, `qsize`, `empty` | `recv`, `try_recv`, `recv_timeout`, `len`, `is_empty` |
//! | `JoinableQueue`, `task_done`, `join` | [`queue`](queue()), [`ack`](Delivery::ack), [`join`](QueueSender::join) |
//! | `connection.wait`, `poll` | [`Select`], with [processes](Select::readable) and times |
//! | `send_bytes`, `recv_bytes` | a channel of [`Bytes`]: [`send_slice`](Sender::send_slice), [`recv_ref`](Receiver::recv_ref) |
//! | a connection or socket in a message | an end as it is; [`Fd`] for files and sockets |
//! | `Manager`, proxies | a process that answers on a channel: put a [`oneshot`] into each question |
//! | `Value`, `Array`, with their lock | [`Mutex<T>`](sync::Mutex), `Mutex<[T]>` |
//! | `RawValue`, `RawArray` | [`SharedBox`], [`SharedSlice`], of atomics |
//! | `Lock` | [`Mutex`](sync::Mutex); [`RwLock`](sync::RwLock) for many readers |
//! | `RLock` | none: taken twice by a thread, a `Mutex` gives an error; pass the guard on |
//! | `Event`, `Condition` | [`Event`](sync::Event), [`Condvar`](sync::Condvar) |
//! | `Semaphore`, `BoundedSemaphore` | [`Semaphore`](sync::Semaphore); a guard can't be given back twice |
//! | `Barrier` | [`Barrier`](sync::Barrier); its action is what the [leader](sync::BarrierWaitResult::is_leader) does |
//! | `shared_memory.SharedMemory` | [`SharedBytes`]; it has no name, and so nothing to unlink |
//!
//! # Many items
//!
//! [`par_map`] runs a closure over a slice in as many processes as there are processors, which inherit both. A [`Pool`] keeps its
//! processes, around one function of any serde argument and result, for lazy and endless input too. When a worker dies, whenever and
//! however, the item that it was at has failed with that [`Exit`]; all others have their values. In a program with threads, its
//! workers are started by [`forkserver` or `exec`](PoolBuilder::start_method). For a debugger or a test,
//! `MP_POOL_BACKEND=sequential` runs the work in the program itself: see [`Backend`].
//!
//! # How a process ends, and its parent
//!
//! | end of the function | [`ExitKind`] | exit code |
//! |---|---|---|
//! | returns | `Returned` | 0 |
//! | returns `Err` | `Failed` | 1 |
//! | panics, also with `panic = "abort"` | `Panicked` | 101, or SIGABRT |
//! | calls `exit(n)` or `_exit(n)` | `Exited` | n |
//! | is killed by a signal, aborts, overflows its stack | `Signaled` | none |
//!
//! A process leaves by `_exit`: its stdout, stderr and C streams are flushed; exit handlers and destructors that it
//! inherited are its parent's and do not run. (In a function that calls `exit(n)` itself, the C library runs the handlers.) Threads that it started end with it, but one that keeps std's stdout locked
//! keeps the process from flushing it, and so from ending.
//!
//! When a program with a `fn main` of its own ends, by returning or by `exit`, its daemons are stopped (by default SIGTERM,
//! after five seconds SIGKILL), then its other processes waited for, as with Python's `multiprocessing`. `mp_main!` waits
//! first: its daemons serve until the last other process has ended. A process that starts processes does as a
//! program does. If such a process waits to receive from the program, both wait for ever: `exit` drops no variables, and nothing drops
//! a static, so its [`Sender`] stays open. Drop that first, or make the process a daemon. Failures that nobody
//! has looked at are printed on stderr, one line each. [Detached](Builder::detached) processes are left alone.
//!
//! If the parent is killed instead, at whatever instant, the kernel kills its children, and what is in their process
//! groups: busy or stopped, also where parent or child has changed its user. Each child holds one end of a pipe whose
//! hang-up is SIGKILL to its group; a parent-death signal stands behind it. What a child has forked off into a session of its
//! own is not reached by that, nor what it has executed (by `Command`, say) and left behind by ending itself, unless the program is [isolated](isolate()). But a program made by `mp_main!` adopts it (it is a subreaper), and at its end, unless that is by
//! SIGKILL or `_exit`, stops it. [`guarantees`] tells what is in force, and [`detached`](Builder::detached) is the way out.
//!
//! A program made by `mp_main!` stops when it is told to, by SIGTERM, SIGINT (Ctrl-C), SIGHUP or SIGQUIT, whatever its
//! `fn main` is doing: its processes are stopped one after the other, the one started last first, each by SIGTERM (or its
//! own [`stop_signal`](Builder::stop_signal)), SIGCONT, its [`grace`](Builder::grace) and SIGKILL; then it ends by that
//! signal, so that a shell sees 143 or 130. Another such signal skips what is left of the grace. Ctrl-Z stops and `fg`
//! continues all processes, and SIGWINCH is passed on to them. A signal that is ignored at the start, as under `nohup`,
//! stays so, and a handler that `fn main` installs takes the place of ours. No other program's signals are touched.
//!
//! # What a process inherits
//!
//! All memory, the working directory, environment, limits, open files. Not: signal handlers (back to default, but for those
//! of faults: SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGSYS; ignored signals stay ignored), blocked signals (none), timers, threads, the descriptors of the runtime, the
//! process group (it leads one of its own, so Ctrl-C at a terminal reaches the program, whose end ends it; and one that
//! reads from the terminal is stopped by SIGTTIN, or sets it up, or writes to it under `stty tostop`, by SIGTTOU, unless it has the option `terminal`). Its name shows in `ps` and `top`, up to 15 bytes
//! of it.
//!
//! Directory, environment, limits, name, standard streams and more can be set: see the [attribute](macro@process#options) and [`Builder`]. Random numbers of a generator that
//! the parent has used go on where they were, in each child: begin anew from [`Current::seed`]. The hash maps of std differ.
//!
//! # Start methods
//!
//! | `start =` | arguments | when |
//! |---|---|---|
//! | none: it is forked | of any type, borrowed too: nothing is serialised; with `start = fork`, as below | the program has one thread |
//! | `forkserver` | of serde types that own their data, [channel](channel()) ends, [`Fd`]s | it has threads, or much memory: the cost does not grow with it |
//! | `exec` | as with `forkserver` | a clean image: nothing of the parent's memory, addresses anew |
//!
//! ```
//! use mp_runtime::process;
//!
//! #[process(start = forkserver)]
//! fn shout(text: String) -> String {
//!     text.to_uppercase()
//! }
//!
//! # fn main() {
//! // From any thread.
//! let shouted = std::thread::spawn(|| shout::spawn("lucky".to_owned()).unwrap().join().unwrap());
//! assert_eq!(shouted.join().unwrap(), "LUCKY");
//! # }
//! ```
//!
//! The fork server is a second process of this executable, started when it is first needed, and again if it was killed.
//! What it makes are children of the program, not its own. They begin in an image of the executable that never came to
//! `main`: globals have their initial values. Directory and standard streams are the program's at the moment of the start,
//! environment, limits, user, root directory, umask, namespaces and filters of system calls those at the start of the server:
//! a program that gives up rights does so before the first such start. A program sees the server among its children if it waits for
//! any of them. [`fork_server`] starts it ahead, and has it keep processes ready; so does `#![parked = 4]` in [`mp_main!`].
//!
//! An image that is executed gets the arguments and the environment of its parent, and no descriptor beside the standard
//! streams and what is moved in. Both run what constructors the executable has, and neither any line of `main`. They
//! need procfs, and that this crate is linked into the executable itself, not into a library that it loads. A setuid program
//! is refused them, and so is a constructor in an image.
//!
//! # Threads
//!
//! A forked process has one thread, so a program with threads is refused a [`spawn`](Builder::spawn) by `fork`: see
//! [`unsafe(threads)`](macro@process#unsafethreads) for why, and for the way round it. `forkserver` and `exec` work from any
//! thread.
//!
//! `cargo test` runs each test in a thread of its own, so a plain fork is refused there. Call the function itself, mark it
//! `start = forkserver`, or give a pool a [start method](PoolBuilder::start_method) or [`Backend::Sequential`].
//!
//! Whatever a process prints that a test has started, and the message of its panic, is seen, with `--nocapture` or without, and
//! whether the test passes or fails: libtest keeps back only what the test prints itself. Where that is too much, give the process
//! [`stdout = null`](Builder::stdout), or a pipe. The error of a [`join`](Child::join) has the message of the panic in it, so that a test that
//! fails by it tells.
//!
//! Coverage (`-C instrument-coverage`, as `cargo llvm-cov` has it) counts what runs in a process, too, by each start method, and counts it
//! once. The file is written at the end of the process, unless that is by a signal or `_exit`: a daemon that is stopped
//! writes none, unless it attends to SIGTERM and returns. As for all programs of several processes, the pattern `LLVM_PROFILE_FILE` needs `%p` or `%m` in it;
//! without, they write over each other.
//!
#![cfg_attr(feature = "tokio", doc = include_str!("async.md"))]
#![cfg_attr(
    not(feature = "tokio"),
    doc = "# Async\n\nAn `async fn` can be a process function with the feature `tokio`. This chapter is in the documentation built with it: `cargo doc -p mp-runtime --features tokio`."
)]
//!
#![doc = include_str!("recipes.md")]
//!
//! # What this is not
//!
//! No sandbox: a process can do what its parent can. No restarts, yet. No other system than Linux. What a process forks by
//! other means than `spawn` is not watched.
//!
//! The first `spawn` of a program puts a panic hook in front of the one there is, and a handler for SIGSEGV and SIGBUS
//! in front of std's, for children to report from; in the program itself both only pass on. A signal action of "ignore" for
//! SIGCHLD, which would throw exit statuses away, is set to default. `mp_main!` handles the signals named above. Handlers
//! registered with `pthread_atfork` run at each start by fork, unless the program found that function with `dlsym`.
//!
#![doc = include_str!("limits.md")]

#[doc(hidden)]
pub mod __private;
mod error;
mod ipc;
mod pool;
mod process;
mod program;
mod shm;
mod sys;
mod wire;

#[cfg(feature = "tokio")]
pub use self::{ipc::flow::RecvStream, ipc::flow::SendSink, pool::awaiting::JoinTask, process::awaiting::Join};
pub use error::{SpawnError, Stage};
pub use ipc::bytes::Bytes;
pub use ipc::channel::{channel, channel_with_room};
pub use ipc::delivery::Delivery;
pub use ipc::duplex::{Duplex, duplex};
pub use ipc::errors::{
    ChannelError, RecvError, RecvTimeoutError, SendError, SendTimeoutError, TryRecvError, TrySendError,
};
pub use ipc::fd::Fd;
pub use ipc::iter::{IntoIter, Iter, TryIter};
pub use ipc::loan::{Borrowed, Loan};
pub use ipc::oneshot::{OnceReceiver, OnceSender, oneshot};
pub use ipc::queue::{QueueReceiver, queue};
pub use ipc::queue_sender::QueueSender;
pub use ipc::receiver::Receiver;
pub use ipc::select::Select;
pub use ipc::sender::Sender;
pub use ipc::shared_box::SharedBox;
pub use ipc::shared_bytes::SharedBytes;
pub use ipc::shared_slice::SharedSlice;
pub use mp_macros::{mp_main, process};
pub use pool::backend::Backend;
pub use pool::error::{TaskError, TaskErrorKind, TaskStage};
pub use pool::imap::{Imap, ImapUnordered};
pub use pool::overdue::is_overdue;
pub use pool::par_map::par_map;
pub use pool::pool::{Pool, Shutdown};
pub use pool::progress::Progress;
pub use pool::settings::PoolBuilder;
pub use pool::stats::{PoolStats, WorkerStats};
pub use pool::submission::Submission;
pub use pool::task::Task;
pub use pool::trouble::PoolError;
pub use pool::wait::{WaitFor, Waited, as_completed, wait};
pub use process::active::{ActiveChild, active_children};
pub use process::body::{Body, Portable};
pub use process::builder::Builder;
pub use process::closure::spawn;
pub use process::exit::{Exit, ExitKind, Usage};
pub use process::fork_server::{ForkServer, fork_server};
pub use process::guarantees::{Guarantees, NotGuaranteed, Rung, guarantees};
pub use process::handle::Child;
pub use process::identity::{Current, Parent, current, parent};
pub use process::isolation::{IsolateError, isolate};
pub use process::join_error::JoinError;
pub use process::method::StartMethod;
pub use process::panic::{Location, Panic};
pub use process::scope::{Scope, scope};
pub use process::settings::Limit;
pub use process::streams::Stdio;
pub use shm::plain::Plain;
/// What says which types are [plain data](Plain). Its derives need its feature `derive`.
pub use zerocopy;

/// Locks between processes, and other ways for processes to wait for one another.
pub mod sync {
    pub use crate::ipc::sync::barrier::{Barrier, BarrierWaitResult};
    pub use crate::ipc::sync::condvar::Condvar;
    pub use crate::ipc::sync::error::{LockError, WaitError};
    pub use crate::ipc::sync::event::Event;
    pub use crate::ipc::sync::mutex::{Mutex, MutexGuard};
    pub use crate::ipc::sync::once::{Once, OnceState};
    pub use crate::ipc::sync::participant::Participant;
    pub use crate::ipc::sync::rwlock::{RwLock, RwLockReadGuard, RwLockWriteGuard};
    pub use crate::ipc::sync::semaphore::{Semaphore, SemaphoreGuard};
}
