//! What processes hold in common: channels, shared values and locks. What users hold of them, and how it gets from one
//! process to another.

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
