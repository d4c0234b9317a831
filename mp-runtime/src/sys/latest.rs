//! A value that signal handlers and panic hooks can read.

use std::ptr;
use std::sync::Arc;
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

    pub(crate) fn set(&self, value: Arc<T>) -> &'static T {
        let value = Arc::into_raw(value);
        self.0.store(value.cast_mut(), Ordering::Release);
        // SAFETY: the count that `into_raw` left behind is never given back, so the value lives for ever.
        unsafe { &*value }
    }

    pub(crate) fn get(&self) -> Option<&'static T> {
        // SAFETY: null, or from `set`: never freed, and shared, so never borrowed mutably.
        unsafe { self.0.load(Ordering::Acquire).as_ref() }
    }
}
