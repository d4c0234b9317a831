//! Where the protocols in shared memory, and `counted`, have their atomics from, so that a model of them can have its own (see `models`).

pub(crate) use std::sync::atomic::{AtomicU32, AtomicU64, Ordering, compiler_fence};
