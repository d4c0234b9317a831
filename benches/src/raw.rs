//! The yardstick: `fork` and `waitpid` with nothing around them.
//!
//! Invariant: the child makes no call but `_exit`, so it is sound whatever state the parent's locks were in.
#![allow(unsafe_code, reason = "raw system calls are what the other contenders are measured against")]

use std::io::Error;
use std::ptr;

/// Forks a child that ends at once and waits for it.
///
/// # Panics
///
/// If either call fails: there is nothing to measure then.
pub fn fork_and_wait() {
    // SAFETY: the child has one thread and calls only `_exit`, which is async-signal-safe.
    match unsafe { libc::fork() } {
        -1 => panic!("`fork` failed: {}", Error::last_os_error()),
        // SAFETY: `_exit` has no precondition.
        0 => unsafe { libc::_exit(0) },
        pid => reap(pid),
    }
}

/// Waits until the child `pid` has ended and removes its zombie.
///
/// # Panics
///
/// If `pid` is not an unreaped child of this process.
pub fn reap(pid: libc::pid_t) {
    // SAFETY: `waitpid` accepts a null status, and writes nowhere else.
    let reaped = unsafe { libc::waitpid(pid, ptr::null_mut(), 0) };
    assert_eq!(reaped, pid, "`waitpid` failed: {}", Error::last_os_error());
}
