//! Handlers that are called at each `fork`, before it and on both sides.

use std::sync::atomic::Ordering;

use super::sys::{HANDLED, at_fork};

/// Registers handlers that ask for the name of their process, and count.
pub(crate) fn name_processes_in_fork_handlers() {
    extern "C" fn name() {
        assert!(!mp_runtime::current().name().is_empty());
        HANDLED.fetch_add(1, Ordering::SeqCst);
    }
    at_fork(name);
}

/// Registers handlers that ask for the seed of their process.
pub(crate) fn ask_for_the_seed_in_fork_handlers() {
    extern "C" fn ask() {
        assert_ne!(mp_runtime::current().seed(), 0);
    }
    at_fork(ask);
}
