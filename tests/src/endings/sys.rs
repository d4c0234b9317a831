//! Ends that no safe function brings about.
//!
//! Invariant: nothing here returns with memory or descriptors changed. Signal actions and fork handlers are changed
//! for the whole process; they are meant for programs that do nothing but end.
#![allow(unsafe_code, reason = "`_exit`, faults, signal actions and fork handlers have no safe wrapper")]

use std::hint::black_box;
use std::io;

use crate::sys::raise;

/// Ends the process without exit handlers.
pub fn exit_at_once(code: i32) -> ! {
    // SAFETY: `_exit` has no precondition and does not return.
    unsafe { libc::_exit(code) }
}

/// Reads memory that may not be read, far from any stack.
pub fn read_forbidden_memory() -> u8 {
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
    // SAFETY: a new mapping at an address the kernel picks touches no memory of ours.
    let page = unsafe { libc::mmap(std::ptr::null_mut(), 4096, libc::PROT_NONE, flags, -1, 0) };
    assert_ne!(page, libc::MAP_FAILED);
    // SAFETY: the address is mapped, without permission: the read faults, and gives nothing that could be wrong.
    unsafe { page.cast::<u8>().read_volatile() }
}

/// Calls itself until there is no stack left.
#[expect(unconditional_recursion, reason = "it is what it is for")]
pub fn use_up_the_stack(depth: u64) -> u64 {
    let frame = black_box([depth; 32]);
    frame[0] + use_up_the_stack(depth + 1)
}

/// Has every process that this one forks killed inside `fork`, before any code after it runs.
pub fn kill_children_at_birth() {
    extern "C" fn die() {
        let _ = raise(libc::SIGKILL);
    }
    // SAFETY: `die` makes two system calls, which is allowed in the child of a program with threads, too.
    let registered = unsafe { libc::pthread_atfork(None, None, Some(die)) };
    assert_eq!(registered, 0);
}

/// Gives a signal its default action. SIGKILL and SIGSTOP have no other.
pub fn default_action(signal: i32) {
    // SAFETY: installs no handler, so no code of ours can run at a bad moment.
    unsafe { libc::signal(signal, libc::SIG_DFL) };
}

/// Allows core files of any size.
///
/// # Errors
///
/// Where the hard limit forbids it, and the user may not raise that.
pub fn allow_core() -> io::Result<()> {
    let any = libc::rlimit { rlim_cur: libc::RLIM_INFINITY, rlim_max: libc::RLIM_INFINITY };
    // SAFETY: `any` is a live, initialised `rlimit` that the kernel only reads.
    match unsafe { libc::setrlimit(libc::RLIMIT_CORE, &raw const any) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}
