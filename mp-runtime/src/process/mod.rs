//! Processes: how one is described, started, watched, and what it says of itself at its end.
//!
//! What a process is made of:
//!
//! - Its plan: a `builder` with `settings` and `streams`, and a `body`, whose arguments a fork carries, or serde (`carried`). `launch` is what
//!   both sides of its start know.
//! - Its start: a `method`; on the child's side `child`, or `newborn` and `order` where it is no fork, and `server`. `capture` and `runtime` part
//!   it from what belongs to its parent. `settle` is what a start waits for.
//! - Its watching: a `record`, in the `registry`, with the `vigil` of who waits; `lifeline`, or `tie`.
//! - Its end: a `report`, filled through the `outbox`, also from `panic`; with the status an `end`, and so an `exit` or a `join_error`.
//! - The end of a program: `ending`, `stopping`, `strays`, `terminal`, `isolation`.
//! - What a child writes to at its start, and so copies: `own`, with all that a process has once and the records of a few children. What the
//!   next start uses again: `stock`.

pub(crate) mod active;
mod arguments;
#[cfg(feature = "tokio")]
pub(crate) mod awaiting;
pub(crate) mod body;
pub(crate) mod builder;
pub(crate) mod capture;
pub(crate) mod carried;
pub(crate) mod child;
pub(crate) mod closure;
pub(crate) mod end;
pub(crate) mod ending;
pub(crate) mod exit;
pub(crate) mod fork_server;
pub(crate) mod guarantees;
pub(crate) mod handle;
pub(crate) mod identity;
pub(crate) mod isolation;
pub(crate) mod join_error;
pub(crate) mod launch;
pub(crate) mod lifeline;
pub(crate) mod method;
pub(crate) mod newborn;
pub(crate) mod order;
pub(crate) mod outbox;
mod own;
pub(crate) mod panic;
pub(crate) mod record;
pub(crate) mod registry;
pub(crate) mod report;
#[cfg(feature = "tokio")]
pub(crate) mod runtime;
pub(crate) mod scope;
pub(crate) mod seed;
pub(crate) mod server;
pub(crate) mod settings;
pub(crate) mod settle;
pub(crate) mod stock;
pub(crate) mod stopping;
pub(crate) mod strays;
pub(crate) mod streams;
pub(crate) mod terminal;
pub(crate) mod tie;
pub(crate) mod vigil;
