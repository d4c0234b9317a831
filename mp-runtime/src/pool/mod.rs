//! Pools: many items, a few processes, one function.
//!
//! A batch of items goes to one worker over a ring of its own; what became of them comes back over another. Nothing is held in
//! common by workers, so that none can die with it. What a worker is at, and what it has finished and not sent, is in
//! memory that outlives it (`shm/draft`): its death at any instruction costs exactly the item it was at.
//!
//! What a pool is made of:
//!
//! 1. `pool/engine` is the pool: one loop over the workers' rings, their ends, and the clock, run by whoever waits for a result.
//!    There is no thread, for a pool forks: a worker that died is replaced in that loop, around the same function.
//! 2. `pool/feed` pulls items and makes batches, as large as `pool/pace` says; `dispatch` gives them to the worker that has
//!    least, and takes some back from one that has many for one that has none: a ring lets its sender do so. What could not be
//!    had back, a message in parts or the last one for its worker, waits for one that has nothing.
//! 3. `pool/desk` is a worker. Each item that it finishes goes into its draft (`shm/draft`) by one store, and many go into a
//!    message.
//! 4. `burial` reads ring and draft of a dead worker: finished items are delivered, the one that it was at has failed (or is
//!    tried again), what it had not begun goes to others. `limits` and `cancel` kill a worker for an item only while it is
//!    stopped at that item. A worker that has grown too large (`terms`), or has nothing to do for too long, leaves by itself at
//!    an item's end, and its death is like any other: what it had not begun goes to others.
//! 5. The types are at the edges (`work`, `feed`, `gather`, `imap`); between them are bytes.
//! 6. A worker is forked around the function, or finds it again in another image by its type: then it captures nothing
//!    (`carried`), and what pool and worker share (`shared`) goes with the order as descriptors: no end travels, for both sides
//!    know who is to have which.
//! 7. `callback`s are called by whoever drives the pool, once the engine is not borrowed any more. No code of the user's runs
//!    while it is.
//! 8. `local` is what the engine does where the workers are no processes (`backend`): threads (`crew`), or whoever waits. The way
//!    in and the way out, the bytes between them and the desk are the same; there is no ring and no draft, for nobody dies alone.
//!    One that waits for a sequential pool runs the function with the engine borrowed: the function has no way to its own pool.
//!
//! A pool is made around one function, typed: a closure that captures cannot be sent to a worker, only forked with it; one that
//! does not is its address. So functions of several kinds are one function over an enum. Only results cross for `par_map`, which
//! forks for each call.

#[cfg(feature = "tokio")]
pub(crate) mod awaiting;
pub(crate) mod backend;
#[cfg(feature = "progress")]
pub(crate) mod bar;
pub(crate) mod batch;
pub(crate) mod burial;
pub(crate) mod callback;
pub(crate) mod cancel;
pub(crate) mod carried;
pub(crate) mod crew;
pub(crate) mod desk;
pub(crate) mod dispatch;
pub(crate) mod engine;
pub(crate) mod error;
pub(crate) mod feed;
pub(crate) mod frame;
pub(crate) mod gather;
pub(crate) mod imap;
pub(crate) mod job;
pub(crate) mod lane;
pub(crate) mod limits;
pub(crate) mod local;
pub(crate) mod message;
#[cfg(test)]
mod nonsense;
pub(crate) mod overdue;
pub(crate) mod owner;
pub(crate) mod pace;
pub(crate) mod par_map;
#[expect(clippy::module_inception, reason = "the pool itself, as its user holds it")]
pub(crate) mod pool;
pub(crate) mod portable;
pub(crate) mod progress;
pub(crate) mod resize;
pub(crate) mod settings;
pub(crate) mod shared;
pub(crate) mod shutdown;
pub(crate) mod stats;
pub(crate) mod submission;
pub(crate) mod task;
pub(crate) mod terms;
pub(crate) mod trouble;
pub(crate) mod urgency;
pub(crate) mod wait;
pub(crate) mod work;
pub(crate) mod worker;
