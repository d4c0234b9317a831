//! A value that signal handlers and panic hooks can read.

use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};

/// The latest of the values set; reading takes no lock.
///
/// Each value set stays in memory for ever: one per fork in a chain of processes, so a few in practice.
#[derive(Debug)]
pub(crate) struct Latest<T: Sync + 'static>(AtomicPtr<T>);

impl<T: Sync> Latest<T> {
    pub(crate) const fn new() -> Self {
        Latest(AtomicPtr::new(ptr::null_mut()))
    }

    pub(crate) fn set(&self, value: T) -> &'static T {
        let value = Box::leak(Box::new(value));
        self.0.store(value, Ordering::Release);
        value
    }

    pub(crate) fn get(&self) -> Option<&'static T> {
        // SAFETY: null, or from `Box::leak` in `set`: never freed, never borrowed mutably again.
        unsafe { self.0.load(Ordering::Acquire).as_ref() }
    }
}
