//! System calls by number, for the child between its fork and the user's function, and for its last steps.
//!
//! A forked child has none of the C library's code mapped: each wrapper it calls lies in another 64 KiB window,
//! and the first touch of a window is a page fault. Going through `syscall` alone saves a dozen of them, a
//! third of the cost of a start (measured; see `benches`).

use std::ffi::c_long;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::time::Duration;

use nix::errno::Errno;

/// An argument that is zero, as wide as a register: `syscall` is variadic and widens nothing.
const NONE: c_long = 0;

/// Makes the calling process the leader of a process group of its own.
pub(crate) fn own_process_group() -> nix::Result<()> {
    // SAFETY: `setpgid` reads no memory.
    Errno::result(unsafe { libc::syscall(libc::SYS_setpgid, NONE, NONE) }).map(drop)
}

/// Has SIGKILL sent to the calling process when the thread that forked it ends.
pub(crate) fn die_with_parent() -> nix::Result<()> {
    const SIGNAL: c_long = libc::SIGKILL as c_long;
    // SAFETY: this `prctl` reads no memory.
    let armed = unsafe { libc::syscall(libc::SYS_prctl, libc::PR_SET_PDEATHSIG, SIGNAL, NONE, NONE, NONE) };
    Errno::result(armed).map(drop)
}

/// The calling process's id.
pub(crate) fn id() -> i32 {
    // SAFETY: `getpid` reads no memory and cannot fail.
    unsafe { libc::syscall(libc::SYS_getpid) as i32 }
}

/// The calling thread's id.
pub(crate) fn thread() -> i32 {
    // SAFETY: `gettid` reads no memory and cannot fail.
    unsafe { libc::syscall(libc::SYS_gettid) as i32 }
}

/// The parent's process id.
pub(crate) fn parent() -> i32 {
    // SAFETY: `getppid` reads no memory and cannot fail.
    unsafe { libc::syscall(libc::SYS_getppid) as i32 }
}

/// Sets the name that the kernel keeps of a thread; it ends with a zero byte.
pub(crate) fn set_name(name: &[u8; 16]) {
    debug_assert_eq!(name[15], 0);
    // SAFETY: the kernel reads up to the zero byte, or 16 bytes.
    unsafe { libc::syscall(libc::SYS_prctl, libc::PR_SET_NAME, name.as_ptr(), NONE, NONE, NONE) };
}

/// Lets every signal through to this thread.
pub(crate) fn unblock_signals() {
    let none: u64 = 0;
    let old: *mut u64 = std::ptr::null_mut();
    // SAFETY: the kernel's signal set is 64 bits, of which it is told the size; the old set is not asked for.
    unsafe { libc::syscall(libc::SYS_rt_sigprocmask, libc::SIG_SETMASK, &raw const none, old, size_of::<u64>()) };
}

/// Large enough for the kernel's `struct sigaction` on any architecture; its first word is the handler.
type Action = [usize; 8];

/// The signals that have a handler; bit n - 1 is signal n.
///
/// SIGSEGV and SIGBUS are left out: std's handler, and ours before it, tell a stack overflow from another fault,
/// in a child too. SIGKILL and SIGSTOP cannot have one. Those below SIGRTMIN the C library keeps for its threads, and
/// sets up once in the life of a program.
pub(crate) fn handled_signals() -> u64 {
    let mut action: Action = [0; 8];
    let mut handled = 0;
    for signal in 1..=64 {
        let private = 32..libc::SIGRTMIN();
        if matches!(signal, libc::SIGSEGV | libc::SIGBUS | libc::SIGKILL | libc::SIGSTOP) || private.contains(&signal) {
            continue;
        }
        rt_sigaction(signal, std::ptr::null(), &raw mut action);
        if action[0] != libc::SIG_DFL && action[0] != libc::SIG_IGN {
            handled |= 1 << (signal - 1);
        }
    }
    handled
}

/// Gives the `handled` signals their default actions. Ignored ones stay ignored, as over `exec`.
pub(crate) fn reset_signals(handled: u64) {
    let default: Action = [0; 8];
    for signal in (1..=64).filter(|signal| handled & 1 << (signal - 1) != 0) {
        rt_sigaction(signal, &raw const default, std::ptr::null_mut());
    }
}

fn rt_sigaction(signal: i32, new: *const Action, old: *mut Action) {
    // SAFETY: both are null or larger than what the kernel reads or writes; all zeroes is the default action.
    unsafe { libc::syscall(libc::SYS_rt_sigaction, signal, new, old, size_of::<u64>()) };
}

/// Writes `bytes` at `offset`, in one call; how many were written.
pub(crate) fn write_at(file: BorrowedFd<'_>, bytes: &[u8], offset: i64) -> nix::Result<usize> {
    let (start, length) = (bytes.as_ptr(), bytes.len());
    // SAFETY: start and length are those of a live slice.
    let written = unsafe { libc::syscall(libc::SYS_pwrite64, file.as_raw_fd(), start, length, offset) };
    Errno::result(written).map(|written| written as usize)
}

/// The monotonic clock.
pub(crate) fn now() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `time` is a `timespec` of ours; the clock exists.
    unsafe { libc::syscall(libc::SYS_clock_gettime, libc::CLOCK_MONOTONIC, &raw mut time) };
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec as u32)
}

/// Closes a descriptor that the caller owns.
pub(crate) fn close(number: i32) {
    // SAFETY: the caller owns the number and gives it up.
    unsafe { libc::syscall(libc::SYS_close, number) };
}

/// Ends this process at once: no destructors, no exit handlers, no flushing.
pub(crate) fn exit(code: i32) -> ! {
    loop {
        // SAFETY: `exit_group` has no precondition, and does not return.
        unsafe { libc::syscall(libc::SYS_exit_group, code) };
    }
}
