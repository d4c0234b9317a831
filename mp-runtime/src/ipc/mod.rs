//! What processes hold in common: channels, shared values and locks. What users hold of them, and how it gets from one
//! process to another.
//!
//! What a channel is made of:
//!
//! 1. `ipc/channel` makes a `Link` (a ring in shared memory, an event) and two ends. `shm/README.md` has the protocol of the
//!    ring.
//! 2. An `End` is a place in the roster of the ring: it says whose the end is. A copy in another process finds out at its first
//!    use.
//! 3. `ipc/moving`: what the parent drops as arguments of a child that it has forked, moves there.
//! 4. `ipc/parcel` writes a value and what descriptors it encloses; in a channel these go ahead of it through a socket, and `Fd`
//!    and the ends (`ipc/travel`) are such parts. A value that is too long for the ring crosses as a descriptor too
//!    (`ipc/spill`). `ipc/post` puts a message into the ring with what goes beside it; `ipc/inbox` and `ipc/reading` take it out:
//!    descriptors are copied, then what is to be made of them is, and only then is the message taken.
//! 5. A turn can lend the bytes of its message in place (`shm/loan`), for as long as it is kept. A `queue` is a channel whose
//!    messages stay in the ring until they are acknowledged (`shm/ledger`).
//! 6. Sleep is one `epoll_wait` on the event and on the process descriptors of the other side; nothing is read, so no wake-up can
//!    be taken from another. To wake is one `write`, and only if somebody has noted that he sleeps. Before, a thread waits awake
//!    where that was worth it the last time (`ipc/spin`): two that have slept are mostly on one core, where who waits awake keeps
//!    the other from answering. Two that take turns give way to each other once before they sleep (`ipc/courtesy`).
//!
//! What a lock is made of:
//!
//! 1. `ipc/sync/*` and `ipc/shared_*` are what users hold: documentation, errors, and a `shm::placed::Placed`.
//! 2. `Placed` is a region with a stamp, a head and a value of plain data (`shm/plain`). The head says who may touch the value.
//! 3. `shm/owner` is a robust mutex of the C library with a note of its holder: `Mutex` and `Once`. `shm/monitor` is such a mutex
//!    with a seat for each process and a word to sleep on: `RwLock`, `Semaphore`, `Barrier`, `Condvar`. `shm/flag` is one word:
//!    `Event`.
//! 4. `shm/access` turns a lock that is held into a reference; in a copy of the holder it panics instead.
//!
//! `shm/SYNC.md` says why each of them is right when a process is killed at any instruction.

#[cfg(feature = "tokio")]
pub(crate) mod awaiting;
pub(crate) mod buffer;
pub(crate) mod by_file;
pub(crate) mod bytes;
pub(crate) mod channel;
mod courtesy;
pub(crate) mod delivery;
pub(crate) mod duplex;
pub(crate) mod end;
pub(crate) mod errors;
pub(crate) mod fd;
#[cfg(feature = "tokio")]
pub(crate) mod flow;
pub(crate) mod habit;
pub(crate) mod inbox;
pub(crate) mod iter;
pub(crate) mod link;
pub(crate) mod links;
pub(crate) mod loan;
pub(crate) mod moving;
pub(crate) mod oneshot;
pub(crate) mod own;
pub(crate) mod parcel;
pub(crate) mod patience;
pub(crate) mod post;
pub(crate) mod queue;
#[cfg(feature = "tokio")]
pub(crate) mod queue_awaiting;
pub(crate) mod queue_sender;
pub(crate) mod reading;
pub(crate) mod reason;
pub(crate) mod receiver;
pub(crate) mod select;
pub(crate) mod sender;
pub(crate) mod shared_box;
pub(crate) mod shared_bytes;
pub(crate) mod shared_slice;
#[cfg(feature = "tokio")]
pub(crate) mod slumber;
pub(crate) mod spill;
pub(crate) mod spin;
#[cfg(test)]
pub(crate) mod stand_in;
pub(crate) mod sync;
pub(crate) mod travel;
pub(crate) mod watch;
