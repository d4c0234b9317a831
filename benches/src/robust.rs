//! The yardstick for locks: the C library's robust mutex with nothing around it.
//!
//! Invariant: the mutex is initialised, does not move, and is taken and released by one call.
#![allow(unsafe_code, reason = "raw calls are what the other contenders are measured against")]

use std::cell::UnsafeCell;
use std::mem;

/// A robust mutex of the C library, in private memory.
#[derive(Debug)]
pub struct Robust(Box<UnsafeCell<libc::pthread_mutex_t>>);

impl Robust {
    /// Makes one.
    ///
    /// # Panics
    ///
    /// If the C library refuses: there is nothing to measure then.
    #[expect(clippy::new_without_default, reason = "it allocates, and may panic")]
    pub fn new() -> Self {
        // SAFETY: all zeroes is room for the attributes, which are initialised next.
        let mut attributes: libc::pthread_mutexattr_t = unsafe { mem::zeroed() };
        // SAFETY: memory of this frame.
        assert_eq!(unsafe { libc::pthread_mutexattr_init(&mut attributes) }, 0);
        // SAFETY: initialised above.
        assert_eq!(unsafe { libc::pthread_mutexattr_setrobust(&mut attributes, libc::PTHREAD_MUTEX_ROBUST) }, 0);
        // SAFETY: all zeroes is room for a mutex.
        let mutex = Robust(Box::new(UnsafeCell::new(unsafe { mem::zeroed() })));
        // SAFETY: at the place where it stays, with attributes that are initialised.
        assert_eq!(unsafe { libc::pthread_mutex_init(mutex.0.get(), &attributes) }, 0);
        mutex
    }

    /// Takes it and releases it.
    #[inline]
    pub fn lock_and_unlock(&self) {
        // SAFETY: initialised; not held by this thread, which releases it each time.
        unsafe { libc::pthread_mutex_lock(self.0.get()) };
        // SAFETY: held since the line above.
        unsafe { libc::pthread_mutex_unlock(self.0.get()) };
    }
}
