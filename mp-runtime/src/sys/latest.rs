//! A value that signal handlers and panic hooks can read.

use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};

/// The latest of the values set, which stay for ever; reading takes no lock.
#[derive(Debug)]
pub(crate) struct Latest<T: Sync + 'static>(AtomicPtr<T>);

impl<T: Sync> Latest<T> {
    pub(crate) const fn new() -> Self {
        Latest(AtomicPtr::new(ptr::null_mut()))
    }

    pub(crate) fn set(&self, value: &'static T) -> &'static T {
        self.0.store(ptr::from_ref(value).cast_mut(), Ordering::Release);
        value
    }

    pub(crate) fn get(&self) -> Option<&'static T> {
        // SAFETY: null, or from `set`: never freed, and shared, so never borrowed mutably.
        unsafe { self.0.load(Ordering::Acquire).as_ref() }
    }
}
