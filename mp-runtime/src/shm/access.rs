//! A value for as long as a lock is held.

use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

use crate::shm::head::Head;
use crate::shm::monitor::NoSeat;
use crate::shm::owner::{Hold, Owner, Patience};
use crate::shm::placed::Placed;
use crate::shm::plain::Plain;
use crate::shm::robust::NotTaken;
use crate::shm::rwlock::{ManyOrOne, Taken};

/// A lock that is held, as long as it is not dropped, by the process that says it is its own.
pub(crate) trait Lock {
    /// Whether this is no copy, in a process that its holder has forked.
    fn is_ours(&self) -> bool;
}

/// A lock that is held by way of a mapping, which has to stay until it is released.
#[derive(Debug)]
pub(crate) struct Pinned<'a> {
    // Dropped after `drop` has run: only who has the lock writes to the pin.
    hold: Hold<'a>,
    pin: &'a AtomicU64,
}

impl Lock for Pinned<'_> {
    #[inline]
    fn is_ours(&self) -> bool {
        self.hold.is_ours()
    }
}

impl Drop for Pinned<'_> {
    #[inline]
    fn drop(&mut self) {
        if self.is_ours() {
            self.pin.store(0, Relaxed);
        }
    }
}

impl Lock for Taken<'_> {
    #[inline]
    fn is_ours(&self) -> bool {
        Taken::is_ours(self)
    }
}

/// The value behind a lock that keeps everybody else out.
#[derive(Debug)]
pub(crate) struct Exclusive<'a, T: ?Sized, L: Lock> {
    value: NonNull<T>,
    pub(crate) lock: L,
    _value: PhantomData<&'a mut T>,
}

/// The value behind a lock that keeps those out who would change it.
#[derive(Debug)]
pub(crate) struct Shared<'a, T: ?Sized, L: Lock> {
    value: NonNull<T>,
    pub(crate) lock: L,
    _value: PhantomData<&'a T>,
}

// SAFETY: as a `&T`, and the lock may be looked at from any thread.
unsafe impl<T: ?Sized + Sync, L: Lock> Sync for Exclusive<'_, T, L> {}
// SAFETY: as above.
unsafe impl<T: ?Sized + Sync, L: Lock> Sync for Shared<'_, T, L> {}

#[cold]
fn foreign() -> ! {
    panic!("this guard was taken by another process, which has the lock; take it here, too")
}

impl<'a, T: ?Sized, L: Lock> Exclusive<'a, T, L> {
    /// # Safety
    ///
    /// - `value` is mapped, aligned and initialised for `'a`, whatever bytes are in it.
    /// - Until `lock` is dropped, nobody else has a reference to it, in this process or another.
    pub(crate) unsafe fn new(value: NonNull<T>, lock: L) -> Self {
        Exclusive { value, lock, _value: PhantomData }
    }
}

impl<'a, T: ?Sized, L: Lock> Shared<'a, T, L> {
    /// # Safety
    ///
    /// - `value` is mapped, aligned and initialised for `'a`, whatever bytes are in it.
    /// - Until `lock` is dropped, nobody has a mutable reference to it, in this process or another.
    pub(crate) unsafe fn new(value: NonNull<T>, lock: L) -> Self {
        Shared { value, lock, _value: PhantomData }
    }
}

impl<T: ?Sized, L: Lock> Deref for Exclusive<'_, T, L> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        if !self.lock.is_ours() {
            foreign();
        }
        // SAFETY: mapped and initialised, and no one else's, as `new` was promised.
        unsafe { self.value.as_ref() }
    }
}

impl<T: ?Sized, L: Lock> DerefMut for Exclusive<'_, T, L> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        if !self.lock.is_ours() {
            foreign();
        }
        // SAFETY: as above, and `self` is borrowed mutably.
        unsafe { self.value.as_mut() }
    }
}

impl<T: ?Sized, L: Lock> Deref for Shared<'_, T, L> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        if !self.lock.is_ours() {
            foreign();
        }
        // SAFETY: mapped and initialised, and changed by nobody, as `new` was promised.
        unsafe { self.value.as_ref() }
    }
}

// SAFETY: a robust lock and atomics; zeroes are what they begin with; 8 bytes of alignment.
unsafe impl Head for Owner {
    const NAME: &'static std::ffi::CStr = c"mp-mutex";

    fn init(&self) -> nix::Result<()> {
        Owner::init(self)
    }
}

impl<T: Plain + ?Sized> Placed<Owner, T> {
    /// Takes the lock, and gives the value.
    #[inline]
    pub(crate) fn lock(&self, patience: Patience) -> Result<Exclusive<'_, T, Pinned<'_>>, NotTaken> {
        let hold = self.take(patience)?;
        self.pin.store(hold.me().raw(), Relaxed);
        let pinned = Pinned { hold, pin: &self.pin };
        // SAFETY: mapped while `self` is borrowed; whoever refers to the value holds the same lock, which one thread of
        // all processes does. Behind it are any bytes, which `Plain` allows.
        Ok(unsafe { Exclusive::new(self.value(), pinned) })
    }
}

impl<T: Plain + ?Sized> Placed<ManyOrOne, T> {
    pub(crate) fn lock_shared(&self, patience: Patience) -> Result<Shared<'_, T, Taken<'_>>, NoSeat> {
        let taken = self.read(patience)?;
        // SAFETY: mapped while `self` is borrowed; as long as there is a reader, nobody becomes a writer. Any bytes do.
        Ok(unsafe { Shared::new(self.value(), taken) })
    }

    pub(crate) fn lock_exclusive(&self, patience: Patience) -> Result<Exclusive<'_, T, Taken<'_>>, NoSeat> {
        let taken = self.write(patience)?;
        // SAFETY: as above; as long as there is a writer, there is no reader and no other writer.
        Ok(unsafe { Exclusive::new(self.value(), taken) })
    }
}
