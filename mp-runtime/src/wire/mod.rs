//! Bytes that cross from one process to another: their codec and their frames. No descriptors, no threads.

pub(crate) mod codec;
pub(crate) mod frame;
#[cfg(test)]
mod likeness;
#[cfg(test)]
pub(crate) mod mutation;
pub(crate) mod prefix;
mod reader;
mod writer;
