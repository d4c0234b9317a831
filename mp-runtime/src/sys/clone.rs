//! `clone3` in the place of `fork`, where both come to the same.
//!
//! It does in one call what takes more than sixty after a `fork`: puts the parent's signal handlers back to default.
//! And it writes to none of the pages in which the C library keeps the books of its `fork`, each of which would be
//! copied. Together that is a fifth of the cost of a start (measured; see `benches`).
//!
//! It could open the process descriptor, too, but then the child begins later by as much: 5 % of a start. The parent opens
//! it while the child is on its way.
//!
//! What the C library's `fork` does beside the system call, and what becomes of it here:
//!
//! - it calls the handlers of `pthread_atfork`: where there may be any, `fork` is called (`atfork` tells);
//! - it takes the locks of the allocator and the streams, and renews them: the caller has one thread, which is here
//!   and not there; with more, `fork` is called;
//! - it renews the thread id on which mutexes depend: `CLONE_CHILD_SETTID`, at the address where the library has it;
//! - it tells the kernel where the list of robust mutexes is, and empties the list: told here, too; while one is held,
//!   `fork` is called;
//! - it renews the locks of the loader, and lets an unfinished `pthread_once` begin anew: not done here, nor can it be
//!   seen from outside. A process that is started by the constructor of an object while it is loaded must not load another.

use std::cell::Cell;
use std::os::fd::{FromRawFd, OwnedFd};
use std::ptr;

use nix::unistd::Pid;

use crate::sys::syscall::{call, result};
use crate::sys::{atfork, direct};

/// Flag of `clone3`: handlers go back to default. (In the `libc` crate its value is 0.)
const CLEAR_HANDLERS: u64 = 1 << 32;

/// What a clone needs to know of the calling thread.
#[derive(Debug)]
pub(crate) struct Clone {
    /// Where the C library keeps the thread's id.
    id: *mut i32,
    robust: *mut RobustList,
    kept: direct::Kept,
}

/// What `clone3` is told: its structure as it was in Linux 5.3. (The `libc` crate has none on some architectures.)
#[repr(C)]
struct Arguments {
    flags: u64,
    pidfd: u64,
    child_tid: u64,
    parent_tid: u64,
    exit_signal: u64,
    stack: [u64; 2],
    tls: u64,
}

/// The head of the list of robust mutexes that a thread holds: get_robust_list(2). Empty, it points to itself.
#[derive(Debug)]
#[repr(C)]
struct RobustList {
    first: *mut RobustList,
    offset: libc::c_long,
    pending: *mut RobustList,
}

impl Clone {
    /// Looks at the calling thread, of this id, the only one of its process; `None` where `fork` is called for.
    #[inline]
    pub(crate) fn prepare(thread: i32) -> Option<Clone> {
        if atfork::may_be_used() { None } else { Clone::of_thread(thread) }
    }

    /// As [`prepare`](Clone::prepare), for a process in which nothing has asked to be called at a `fork` that matters.
    #[inline]
    pub(crate) fn of_thread(thread: i32) -> Option<Clone> {
        let Places { id, robust } = Places::get()?;
        // SAFETY: where the kernel stores a zero when this thread ends: an integer that lives as long as the thread.
        if unsafe { id.read_volatile() } != thread {
            return None; // its id is not there: somebody had set another address
        }
        // SAFETY: the calling thread's own list head, of which it has told the kernel.
        let first = unsafe { (*robust).first };
        ptr::eq(first, robust).then(|| Clone { id, robust, kept: direct::Kept::get() })
    }

    /// Makes the child, and gives the parent its id. It runs on a copy of all memory, the stack included, with no signal
    /// handlers but those of the C library and of memory faults.
    ///
    /// # Safety
    ///
    /// As for `fork`: the caller keeps the child from returning or unwinding into frames that are its parent's.
    #[inline]
    pub(crate) unsafe fn run(&self) -> nix::Result<Option<Pid>> {
        let mut args = self.arguments();
        args.flags |= CLEAR_HANDLERS;
        // SAFETY: as the caller has vouched.
        let id = unsafe { self.clone(&args) }?;
        if id != 0 {
            return Ok(Some(Pid::from_raw(id)));
        }
        self.kept.restore();
        Ok(None)
    }

    /// As [`run`](Clone::run), but the child is one of this process's parent: a sibling, with the signal handlers that this
    /// process has. Its id is written to `born` before it runs. Whether this is the child.
    ///
    /// # Safety
    ///
    /// As [`run`](Clone::run). `born` is the address of an integer of shared memory that nobody refers to.
    #[inline]
    pub(crate) unsafe fn run_as_sibling(&self, born: *mut i32) -> nix::Result<bool> {
        let mut args = self.arguments();
        // It signals its end as this process does.
        args.exit_signal = 0;
        args.flags |= (libc::CLONE_PARENT | libc::CLONE_PARENT_SETTID) as u64;
        args.parent_tid = born.expose_provenance() as u64;
        // SAFETY: as the caller has vouched.
        unsafe { self.clone(&args) }.map(|id| id == 0)
    }

    /// As [`run`](Clone::run), but the child is the first process of new namespaces, as the flags `namespaces` say, and has all
    /// signal handlers of this process. The parent is given its process descriptor.
    ///
    /// # Safety
    ///
    /// As [`run`](Clone::run).
    pub(crate) unsafe fn run_apart(&self, namespaces: i32) -> nix::Result<Option<OwnedFd>> {
        let mut descriptor = -1_i32;
        let mut args = self.arguments();
        args.flags |= (libc::CLONE_PIDFD | namespaces) as u64;
        args.pidfd = (&raw mut descriptor).expose_provenance() as u64;
        // SAFETY: as the caller has vouched; a place of ours, where the descriptor is written.
        let is_child = unsafe { self.clone(&args) }? == 0;
        // SAFETY: the kernel has just made this descriptor (close-on-exec, always) and gave it to us alone.
        Ok((!is_child).then(|| unsafe { OwnedFd::from_raw_fd(descriptor) }))
    }

    #[inline]
    fn arguments(&self) -> Arguments {
        Arguments {
            flags: (libc::CLONE_CHILD_SETTID | libc::CLONE_CHILD_CLEARTID) as u64,
            pidfd: 0,
            child_tid: self.id.expose_provenance() as u64,
            parent_tid: 0,
            exit_signal: libc::SIGCHLD as u64,
            stack: [0; 2],
            tls: 0,
        }
    }

    /// Makes a child; its id, or 0 in the child.
    ///
    /// # Safety
    ///
    /// As [`run`](Clone::run). The addresses that the flags ask for are those of integers to be written to.
    #[inline]
    unsafe fn clone(&self, args: &Arguments) -> nix::Result<i32> {
        let place = ptr::from_ref(args).expose_provenance();
        // SAFETY: without CLONE_VM nothing is shared, so the child goes on from here on a stack of its own. The pointers
        // are to memory of the caller's, or of its thread's, as the flags ask.
        let id = unsafe { call(libc::SYS_clone3, [place, size_of::<Arguments>(), 0, 0, 0, 0]) };
        let id = result(id)?;
        if id == 0 {
            let list = self.robust.expose_provenance();
            // SAFETY: the list head of this thread, a copy of the parent's, found empty.
            unsafe { call(libc::SYS_set_robust_list, [list, size_of::<RobustList>(), 0, 0, 0, 0]) };
        }
        Ok(id as i32)
    }
}

/// Where the C library keeps what the kernel knows of a thread, too.
#[derive(Debug, Clone, Copy)]
struct Places {
    id: *mut i32,
    robust: *mut RobustList,
}

impl Places {
    /// Those of the calling thread; `None` with a kernel or a C library that has none. They stay where they are, so once they are
    /// found it asks no more: who has them elsewhere later is not noticed.
    #[inline]
    fn get() -> Option<Places> {
        thread_local! {
            static PLACES: Cell<Option<Places>> = const { Cell::new(None) };
        }
        let known = PLACES.get();
        known.or_else(|| {
            let asked = Places::ask();
            PLACES.set(asked);
            asked
        })
    }

    #[cold]
    fn ask() -> Option<Places> {
        let mut places = Places { id: ptr::null_mut(), robust: ptr::null_mut() };
        let place = (&raw mut places.id).expose_provenance();
        // SAFETY: writes one pointer, to a place of ours.
        let asked = unsafe { call(libc::SYS_prctl, [libc::PR_GET_TID_ADDRESS as usize, place, 0, 0, 0, 0]) };
        let mut size = 0_usize;
        let arguments = [0, (&raw mut places.robust).expose_provenance(), (&raw mut size).expose_provenance(), 0, 0, 0];
        // SAFETY: writes a pointer and a size, to places of ours.
        let found = unsafe { call(libc::SYS_get_robust_list, arguments) };
        let are_there = !places.id.is_null() && !places.robust.is_null();
        (asked == 0 && found == 0 && are_there && size == size_of::<RobustList>()).then_some(places)
    }
}

#[cfg(test)]
mod tests {
    use std::mem::MaybeUninit;

    use super::*;

    #[test]
    fn a_robust_mutex_that_is_held_shows() {
        let of_this = || Clone::of_thread(direct::thread());
        let mut attributes = MaybeUninit::uninit();
        let mut mutex = MaybeUninit::uninit();
        // SAFETY: memory of ours, to be initialised.
        assert_eq!(unsafe { libc::pthread_mutexattr_init(attributes.as_mut_ptr()) }, 0);
        let robust = libc::PTHREAD_MUTEX_ROBUST;
        // SAFETY: initialised above.
        assert_eq!(unsafe { libc::pthread_mutexattr_setrobust(attributes.as_mut_ptr(), robust) }, 0);
        // SAFETY: memory of ours, to be initialised, and attributes that are.
        assert_eq!(unsafe { libc::pthread_mutex_init(mutex.as_mut_ptr(), attributes.as_ptr()) }, 0);
        assert!(of_this().is_some());
        // SAFETY: an initialised mutex that does not move.
        assert_eq!(unsafe { libc::pthread_mutex_lock(mutex.as_mut_ptr()) }, 0);
        assert!(of_this().is_none());
        // SAFETY: locked by this thread.
        assert_eq!(unsafe { libc::pthread_mutex_unlock(mutex.as_mut_ptr()) }, 0);
        assert!(of_this().is_some());
    }
}
