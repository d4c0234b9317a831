//! A lock that its holder cannot take to the grave: the C library's robust mutex, in shared memory.
//!
//! The kernel keeps, for each thread, the list of the robust mutexes that it holds, and frees these when the thread
//! ends, however it ends. The list is the C library's, as is the thread id in the mutex: both are right in a process that
//! was forked by libc's `fork`, and in one that was made by `clone` only if that has set them up. It goes through no more
//! than 2048 of the list, those that were taken last. A wake-up can be lost with the one who ends; so nobody sleeps for long.
//!
//! Invariant: while a thread holds such a lock, its memory is mapped. A [`Held`] borrows it; whoever lets one be
//! forgotten must leave the memory mapped as long as the process lives (see `Placed`).

use std::cell::{Cell, UnsafeCell};
use std::ffi::c_int;
use std::mem::{self, MaybeUninit};
use std::ptr;
use std::sync::atomic::AtomicPtr;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use nix::errno::Errno;

use crate::sys::direct;

/// A mutex of the C library: robust, shared between processes, and with an error for a thread that takes it twice.
#[repr(transparent)]
pub(crate) struct Robust(UnsafeCell<libc::pthread_mutex_t>);

// SAFETY: the C library's functions on a mutex may be called by any thread.
unsafe impl Send for Robust {}
// SAFETY: as above.
unsafe impl Sync for Robust {}

/// A lock that is held, by the thread that took it.
#[derive(Debug)]
pub(crate) struct Held<'a> {
    lock: &'a Robust,
    /// Whether the one who held it before has died with it. Until [`Held::settle`], the next one is told so, too.
    pub(crate) orphaned: bool,
    /// A mutex is released by the thread that took it.
    _not_send: std::marker::PhantomData<*const ()>,
}

/// How many a thread may hold to which it does something else meanwhile. The kernel would forget of the oldest of more than
/// 2048; what is left is for monitors, and for robust mutexes that are not ours.
pub(crate) const MOST: u32 = 2000;

/// How long a thread sleeps before it looks at the lock again: one that was killed as it released the lock, or as it was woken
/// to take it, may have left nobody to wake the others.
const SLICE: Duration = Duration::from_millis(200);

thread_local! {
    /// How many locks this thread holds. Those that it has only as copies, in a forked process, are counted, too.
    static COUNT: Cell<u32> = const { Cell::new(0) };
}

/// Whether the kernel would hand on one more lock of this thread, for however long it is held.
#[inline]
pub(crate) fn has_room() -> bool {
    COUNT.get() < MOST
}

/// Why a lock was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotTaken {
    /// Somebody else held it all the time.
    Busy,
    /// The calling thread holds it.
    Deadlock,
    /// The calling thread holds so many that the kernel would not hand on one more.
    TooMany,
    /// The C library says no: an error number.
    Os(i32),
}

impl Robust {
    /// Makes the lock at its place in shared memory, before anybody else knows of it.
    pub(crate) fn init(&self) -> nix::Result<()> {
        // Now, and not first in a process that was forked while another thread was asking the loader.
        clocklock();
        let check = |code: c_int| if code == 0 { Ok(()) } else { Err(Errno::from_raw(code)) };
        let mut attributes = MaybeUninit::<libc::pthread_mutexattr_t>::uninit();
        let attributes = attributes.as_mut_ptr();
        // SAFETY: the C library fills in the attributes, which are ours.
        check(unsafe { libc::pthread_mutexattr_init(attributes) })?;
        // SAFETY: initialised above; so in the next two.
        check(unsafe { libc::pthread_mutexattr_setpshared(attributes, libc::PTHREAD_PROCESS_SHARED) })?;
        // SAFETY: see above.
        check(unsafe { libc::pthread_mutexattr_setrobust(attributes, libc::PTHREAD_MUTEX_ROBUST) })?;
        // SAFETY: see above.
        check(unsafe { libc::pthread_mutexattr_settype(attributes, libc::PTHREAD_MUTEX_ERRORCHECK) })?;
        // SAFETY: room for a mutex, which nobody uses yet.
        check(unsafe { libc::pthread_mutex_init(self.0.get(), attributes) })?;
        // SAFETY: initialised above, and not used any more.
        check(unsafe { libc::pthread_mutexattr_destroy(attributes) })
    }

    /// Takes the lock; waits for it, if need be for ever.
    #[inline]
    pub(crate) fn lock(&self) -> Result<Held<'_>, NotTaken> {
        match self.try_lock() {
            Err(NotTaken::Busy) => self.wait(None),
            answer => answer,
        }
    }

    /// Takes the lock if nobody has it.
    #[inline]
    pub(crate) fn try_lock(&self) -> Result<Held<'_>, NotTaken> {
        // SAFETY: a mutex that `init` made, for `Placed` hands out no other.
        self.taken(unsafe { libc::pthread_mutex_trylock(self.0.get()) })
    }

    /// Takes the lock; waits for it until `deadline`.
    pub(crate) fn lock_until(&self, deadline: Instant) -> Result<Held<'_>, NotTaken> {
        match self.try_lock() {
            Err(NotTaken::Busy) => self.wait(Some(deadline)),
            answer => answer,
        }
    }

    /// Sleeps for the lock, a slice at a time: each begins with a look at the lock, and takes it or notes anew that
    /// somebody sleeps.
    #[cold]
    fn wait(&self, deadline: Option<Instant>) -> Result<Held<'_>, NotTaken> {
        loop {
            let left = deadline.map_or(SLICE, |deadline| deadline.saturating_duration_since(Instant::now()).min(SLICE));
            let code = match clocklock() {
                Some(clocklock) => {
                    let until = timespec(direct::now().saturating_add(left));
                    // SAFETY: as in `try_lock`; the time is live. A pointer to the C library's function of that name.
                    unsafe { clocklock(self.0.get(), libc::CLOCK_MONOTONIC, &until) }
                }
                None => {
                    // By the wall clock, which may be set: that matters little, for it is only a slice.
                    let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                    let until = timespec(wall.saturating_add(left));
                    // SAFETY: as in `try_lock`; the time is live.
                    unsafe { libc::pthread_mutex_timedlock(self.0.get(), &until) }
                }
            };
            if code != libc::ETIMEDOUT {
                return self.taken(code);
            }
            if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                // It may be free, with the wake-up lost. And glibc, out of time, leaves the lock noted as the one this thread
                // is about to take, which the kernel would look at when the thread ends: trying clears that.
                return self.try_lock();
            }
        }
    }

    #[inline]
    fn taken(&self, code: c_int) -> Result<Held<'_>, NotTaken> {
        let orphaned = match code {
            0 => false,
            libc::EOWNERDEAD => true,
            libc::EBUSY | libc::ETIMEDOUT => return Err(NotTaken::Busy),
            libc::EDEADLK => return Err(NotTaken::Deadlock),
            code => return Err(NotTaken::Os(code)),
        };
        COUNT.set(COUNT.get().saturating_add(1));
        Ok(Held { lock: self, orphaned, _not_send: std::marker::PhantomData })
    }
}

impl std::fmt::Debug for Robust {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Robust").finish_non_exhaustive()
    }
}

impl Held<'_> {
    /// Says that what the dead holder left behind is in order again. Without it, the lock is lost when released.
    pub(crate) fn settle(&mut self) {
        if self.orphaned {
            // SAFETY: a mutex that the calling thread holds, and got with the word that its owner had died.
            unsafe { libc::pthread_mutex_consistent(self.lock.0.get()) };
            self.orphaned = false;
        }
    }
}

impl Drop for Held<'_> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: a mutex that the calling thread holds. In a copy of the thread, in a forked process, the C library sees
        // that it is not the one, and refuses.
        unsafe { libc::pthread_mutex_unlock(self.lock.0.get()) };
        COUNT.set(COUNT.get().saturating_sub(1));
    }
}

type Clocklock = unsafe extern "C" fn(*mut libc::pthread_mutex_t, libc::clockid_t, *const libc::timespec) -> c_int;

/// glibc's way to wait by the monotonic clock; another C library may have none.
///
/// Threads that ask first at once find the same. Without a lock, for one that a thread has while another forks is never
/// released in the child.
fn clocklock() -> Option<Clocklock> {
    const NOT_ASKED: *mut libc::c_void = ptr::without_provenance_mut(1);
    static FOUND: AtomicPtr<libc::c_void> = AtomicPtr::new(NOT_ASKED);
    let mut address = FOUND.load(Relaxed);
    if address == NOT_ASKED {
        // SAFETY: asks for a name in the images that are loaded.
        address = unsafe { libc::dlsym(libc::RTLD_DEFAULT, c"pthread_mutex_clocklock".as_ptr()) };
        FOUND.store(address, Relaxed);
    }
    // SAFETY: null, which is `None`, or the function of that name, whose signature POSIX says.
    unsafe { mem::transmute::<*mut libc::c_void, Option<Clocklock>>(address) }
}

fn timespec(time: Duration) -> libc::timespec {
    let tv_sec = libc::time_t::try_from(time.as_secs()).unwrap_or(libc::time_t::MAX);
    libc::timespec { tv_sec, tv_nsec: time.subsec_nanos().into() }
}
