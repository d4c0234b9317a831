//! Pools: many items, a few processes, one function.
//!
//! A batch of items goes to one worker over a ring of its own; what became of them comes back over another. Nothing is held in
//! common by workers, so that none can die with it. What a worker is at, and what it has finished and not sent, is in
//! memory that outlives it (`shm/draft`): its death at any instruction costs exactly the item it was at.

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
