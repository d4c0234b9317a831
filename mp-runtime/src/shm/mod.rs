//! Memory that processes share, and the protocols in it. Offsets, never pointers; anonymous files, never names.
//!
//! Invariant of every file here: whatever the other processes do to the memory, killed at any instruction or not, a safe
//! function stays within its region, and reads words atomically. What the words mean is said in `README.md`.
#![allow(unsafe_code, reason = "shared memory is accessed by address; each block says why it may")]

pub(crate) mod access;
pub(crate) mod barrier;
pub(crate) mod condvar;
pub(crate) mod cursor;
pub(crate) mod draft;
pub(crate) mod flag;
pub(crate) mod growing;
pub(crate) mod head;
pub(crate) mod ledger;
pub(crate) mod loan;
pub(crate) mod memory;
#[cfg(test)]
mod model;
#[cfg(test)]
mod model_of_ends;
pub(crate) mod monitor;
#[cfg(any(test, fuzzing))]
pub(crate) mod nonsense;
pub(crate) mod once;
pub(crate) mod owner;
pub(crate) mod packet;
pub(crate) mod place;
pub(crate) mod placed;
pub(crate) mod plain;
pub(crate) mod region;
pub(crate) mod ring;
pub(crate) mod robust;
pub(crate) mod roster;
pub(crate) mod rwlock;
pub(crate) mod semaphore;
pub(crate) mod turn;
pub(crate) mod unlocked;
pub(crate) mod who;
