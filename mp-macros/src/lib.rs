//! The macros of `mp-runtime`, which re-exports and documents them: `#[process]` and `mp_main!`.
//!
//! Tokens become what was written (`args`, `item`, `input`), then a model that is true (`model`), then tokens
//! (`expand`). All mistakes of one use are reported at once, each on the token that is wrong.
#![forbid(unsafe_code)]

mod errors;
mod item;
mod options;
mod process;
mod program;
mod runtime_path;
mod signature;
#[cfg(test)]
mod tests;

use proc_macro::TokenStream;

/// Declares a function as a process.
///
/// The function stays what it is; calling it runs it here. Beside it stands a type of the same name:
///
/// ```
/// use mp_runtime::process;
///
/// #[process]
/// fn double(n: u32) -> u32 {
///     n * 2
/// }
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// assert_eq!(double(21), 42); // an ordinary call
/// let child = double::spawn(21)?; // starts a process: a `Child<u32>`
/// assert_eq!(child.join()?, 42);
/// let child = double::process(21).name("twice").spawn()?; // with settings: a `Builder`
/// assert_eq!(child.join()?, 42);
/// # Ok(())
/// # }
/// ```
///
/// # Options
///
/// | option | meaning |
/// |---|---|
/// | `name = "text"` | the name of the process; without it, that of the function |
/// | `daemon` | as in Python: not waited for when its parent ends, but stopped; for one that never ends by itself |
/// | `detached` | goes on when the program has ended, in a session of its own; not together with `daemon` |
/// | `start = forkserver` | how it is started: `fork`, `forkserver` or `exec`; with any of these, parameters are of serde types; without, it is forked |
/// | `unsafe(threads)` | may be started while the program has other threads, see below |
/// | `stdin`, `stdout`, `stderr` | `= null`, `= piped`, or `= inherit`, as it is without |
/// | `env(NAME = "value", ..)` | variables of its environment, beside those of its parent |
/// | `current_dir = "path"` | its working directory |
/// | `nice = 10`, `affinity = [0, 1]` | its place among the processors |
/// | `terminal` | owns the terminal: reads from it, and Ctrl-C reaches it, not the program; one process at a time |
/// | `limit(open_files = 64, ..)` | limits for good: `address_space`, `core_size`, `cpu_time`, `data_size`, `file_size`, `locked_memory`, `open_files`, `processes`, `stack_size` |
/// | `oom_score = 500` | how readily it is killed when memory runs out |
/// | `seed = 7` | what its random numbers begin with, and those of its own processes |
/// | `grace = "5s"` | how long it may take to end when it is stopped with its parent, before SIGKILL; `ms`, `s` or `min` |
/// | `stop_signal = SIGINT` | the signal by which it is asked to end; SIGTERM without |
/// | `crate = ::path` | where `mp_runtime` is, if it was renamed or re-exported |
///
/// The values are expressions. A [`Builder`](../mp_runtime/struct.Builder.html) has a method for each of the settings, of the
/// same name; they are in force before the function begins, and where one fails, the process ends as `NotStarted`.
///
/// # Parameters and results
///
/// Without `start`, a parameter may be of any type, borrowed ones included: the process works on a copy of the program's memory
/// as it was at the start, and nothing is serialised. What it changes stays in the process.
///
/// It returns nothing, any type that serde can write and read back, or a `Result` of one whose error implements
/// `Display`: an `Err` reaches the parent as its text. A type written `Result` is taken for the standard one,
/// as in `io::Result`; an alias of another name is not seen to be one. A function that never returns, `-> !`, gives a `Child<Infallible>`.
///
/// Patterns, generics, lifetimes, `const fn`, other attributes, documentation and any visibility are kept.
/// `self`, `impl Trait` as the type of a parameter or in a result, `#[target_feature]` and `unsafe` functions are refused. No module or import beside the function has its name,
/// as `std::thread` has that of a function `thread`: the type would be a second one. An `async fn` is run by a runtime of tokio that is built in the
/// process, with the feature `tokio`; see the [guide](../mp_runtime/index.html#async). In documentation, a link to the function is written
/// ``[`name`](fn@name)``, for the type beside it has the same name.
///
/// # `unsafe(threads)`
///
/// A forked process has one thread, and a lock that another thread of the parent held at that moment stays locked
/// in it for ever. So a program with threads is refused, unless this option vouches that none of its
/// other threads holds a lock that the process will need. The runtime takes care of those of std's output streams
/// and of the C library's allocator: it holds stdout and then stderr, so a thread that prints to stdout while it has locked stderr
/// can wait for it, and it for that thread, for ever.
#[proc_macro_attribute]
pub fn process(args: TokenStream, item: TokenStream) -> TokenStream {
    process::attribute(args.into(), item.into()).into()
}

/// Declares the program: what it starts, and what its `main` does.
///
/// ```
/// use mp_runtime::{mp_main, process};
///
/// #[process]
/// fn greet(name: &str) -> String {
///     format!("hello {name}")
/// }
///
/// #[process(daemon)]
/// fn serve() {
///     loop { std::thread::park() }
/// }
///
/// mp_main! {
///     serve();                         // labelled `serve`
///     greeter: greet("lucky");         // with a label, which is the name of the process too
///     worker[2]: greet("you");         // two processes: worker.0 and worker.1
///
///     fn main() {                      // optional
///         assert!(serve.is_alive());   // a label is a `Child`,
///         assert_eq!(greeter.join().unwrap(), "hello lucky");
///         assert_eq!(worker.len(), 2); // or, of replicas, a `Vec<Child>`
///     }
/// }
/// ```
///
/// Entries are started in order; `fn main` runs; processes that it has not joined are waited for; daemons are
/// stopped in reverse order; detached ones are left alone. If an entry cannot be started, or `fn main` panics, all that run are stopped.
///
/// In `fn main` a label hides the function it is named after: `run1.join()` is the process, and the function is called
/// by giving the entry a label of its own. `fn main` may return whatever a `main` may. Arguments are evaluated in the
/// parent, those of replicas once for each; they may use the labels above them. Entries and `fn main` may have
/// attributes, `#[cfg(..)]` for one: a `fn main` that it leaves out is none.
///
/// # Exit code
///
/// 0 if all went well, otherwise that of the first failure in time (of those that a signal or `_exit` ended while
/// nobody waited, the one that was started first): the process's code, 1 for an `Err`, 101 for a panic,
/// 128 + n for signal n. A failure of a process that `fn main` has joined, or asked for its
/// `exit`, is `fn main`'s to judge. Any other is told in one line on stderr.
///
/// # Options
///
/// They stand in the first line, as in `#![require(subreaper)]`.
///
/// | option | meaning |
/// |---|---|
/// | `isolate = pid_namespace` | the program has a PID namespace of its own: whatever ends it, SIGKILL included, leaves no process, in whatever session. What that means for it: [`isolate`](../mp_runtime/fn.isolate.html). Where it cannot be had, a line says why, nothing is started, and the code is 1 |
/// | `require(subreaper, ..)` | [mechanisms](../mp_runtime/enum.Rung.html) without which nothing is started: `death_signal`, `lifeline`, `subreaper`, `pid_namespace`. A line says which is missing, and the code is 1 |
/// | `parked = 4` | the [fork server](../mp_runtime/struct.ForkServer.html#method.parked) is started before the first entry, and keeps so many processes ready |
/// | `crate = ::path` | where `mp_runtime` is, if it was renamed or re-exported |
#[proc_macro]
pub fn mp_main(input: TokenStream) -> TokenStream {
    program::program(input.into()).into()
}
