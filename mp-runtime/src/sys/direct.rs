//! System calls without the C library, for the child between its fork and the user's function, and for its last steps.
//!
//! The C library's wrappers lie in pages of code that a child does not have yet. Going around them saves a tenth of a start
//! (measured; see `benches`). For the same reason what a child calls on its way is inlined (see [`near`](crate::sys::near)). The parent
//! takes this way, too, where it would come to such a page for one call: after other work none of its code is in the caches.

use std::os::fd::{AsRawFd, BorrowedFd};
use std::ptr;
use std::time::Duration;

use crate::sys::syscall::{call, result};

/// Makes the calling process the leader of a process group of its own.
#[inline]
pub(crate) fn own_process_group() -> nix::Result<()> {
    // SAFETY: `setpgid` reads no memory.
    result(unsafe { call(libc::SYS_setpgid, [0; 6]) }).map(drop)
}

/// Makes the calling process the leader of a session of its own, and so of a process group, without a terminal.
pub(crate) fn own_session() -> nix::Result<()> {
    // SAFETY: `setsid` reads no memory.
    result(unsafe { call(libc::SYS_setsid, [0; 6]) }).map(drop)
}

/// Has SIGKILL sent to the calling process when the thread that forked it ends.
#[inline]
pub(crate) fn die_with_parent() -> nix::Result<()> {
    let request = [libc::PR_SET_PDEATHSIG as usize, libc::SIGKILL as usize, 0, 0, 0, 0];
    // SAFETY: this `prctl` reads no memory.
    result(unsafe { call(libc::SYS_prctl, request) }).map(drop)
}

/// The calling process's id.
#[inline]
pub(crate) fn id() -> i32 {
    // SAFETY: `getpid` reads no memory and cannot fail.
    unsafe { call(libc::SYS_getpid, [0; 6]) as i32 }
}

/// The calling thread's id.
pub(crate) fn thread() -> i32 {
    // SAFETY: `gettid` reads no memory and cannot fail.
    unsafe { call(libc::SYS_gettid, [0; 6]) as i32 }
}

/// The parent's process id.
#[inline]
pub(crate) fn parent() -> i32 {
    // SAFETY: `getppid` reads no memory and cannot fail.
    unsafe { call(libc::SYS_getppid, [0; 6]) as i32 }
}

/// Sets the name that the kernel keeps of a thread; it ends with a zero byte.
#[inline]
pub(crate) fn set_name(name: &[u8; 16]) {
    debug_assert_eq!(name[15], 0);
    // SAFETY: the kernel reads up to the zero byte, or 16 bytes.
    unsafe { call(libc::SYS_prctl, [libc::PR_SET_NAME as usize, address(name), 0, 0, 0, 0]) };
}

/// Lets every signal through to this thread.
#[inline]
pub(crate) fn unblock_signals() {
    let none: u64 = 0;
    let change = [libc::SIG_SETMASK as usize, address(&none), 0, size_of::<u64>(), 0, 0];
    // SAFETY: the kernel's signal set is 64 bits, of which it is told the size; the old set is not asked for.
    unsafe { call(libc::SYS_rt_sigprocmask, change) };
}

/// Lets the signals of `set` through to this thread; bit n - 1 is signal n.
pub(crate) fn unblock(set: u64) {
    let _ = change_blocked(libc::SIG_UNBLOCK, set);
}

/// Holds the signals of `set` back from this thread, too; those that were held back before.
pub(crate) fn block(set: u64) -> u64 {
    change_blocked(libc::SIG_BLOCK, set).unwrap_or_default()
}

/// Holds the signals of `set` back from this thread, and no others; those that were held back before.
pub(crate) fn set_blocked(set: u64) -> nix::Result<u64> {
    change_blocked(libc::SIG_SETMASK, set)
}

fn change_blocked(how: i32, set: u64) -> nix::Result<u64> {
    let mut before = 0_u64;
    let old = (&raw mut before).expose_provenance();
    let change = [how as usize, address(&set), old, size_of::<u64>(), 0, 0];
    // SAFETY: two sets of 64 bits, of which the kernel is told the size.
    result(unsafe { call(libc::SYS_rt_sigprocmask, change) }).map(|_| before)
}

/// Whether `signal`, which is blocked, has been sent to this process or thread.
pub(crate) fn is_pending(signal: i32) -> bool {
    let mut set = 0_u64;
    let place = (&raw mut set).expose_provenance();
    // SAFETY: a set of 64 bits, of which the kernel is told the size.
    unsafe { call(libc::SYS_rt_sigpending, [place, size_of::<u64>(), 0, 0, 0, 0]) };
    set & 1 << (signal - 1) != 0
}

/// As large as the kernel's `struct sigaction` on any architecture, at most; its first word is the handler.
type Action = [usize; 32 / size_of::<usize>()];

/// Whether the handler of `signal` stays what it is in a child.
///
/// Those of faults do: std's handler, and ours before it, tell a stack overflow from another fault, in a child too, and
/// whoever runs code that may trap has set up his once. And those of the signals below SIGRTMIN, which the C library keeps
/// for its threads.
fn is_kept(signal: i32) -> bool {
    matches!(signal, libc::SIGSEGV | libc::SIGBUS | libc::SIGILL | libc::SIGFPE | libc::SIGTRAP | libc::SIGSYS)
        || (32..libc::SIGRTMIN()).contains(&signal)
}

/// Gives the signals that have a handler their default actions, less those that keep it. Ignored ones stay ignored, as
/// over `exec`.
pub(crate) fn reset_signals() {
    let mut action = DEFAULT;
    // SIGKILL and SIGSTOP cannot have a handler.
    for signal in (1..=64).filter(|signal| !matches!(*signal, libc::SIGKILL | libc::SIGSTOP) && !is_kept(*signal)) {
        rt_sigaction(signal, ptr::null(), &raw mut action);
        if has_handler(&action) {
            default_action(signal);
        }
    }
}

/// The actions of the signals that keep their handlers, for a child whose handlers are gone.
///
/// Mostly it is the two that std handles. The others are on the heap: each page of the stack down to here is copied.
#[derive(Debug)]
pub(crate) struct Kept {
    usual: [(i32, Action); 2],
    others: Vec<(i32, Action)>,
}

impl Kept {
    const USUAL: [i32; 2] = [libc::SIGSEGV, libc::SIGBUS];
    const OTHERS: [i32; 6] = [libc::SIGILL, libc::SIGFPE, libc::SIGTRAP, libc::SIGSYS, 32, 33];

    #[inline]
    pub(crate) fn get() -> Kept {
        // With their numbers: those of the constants lie in a page that a child does not have yet.
        let mut kept = Kept { usual: Kept::USUAL.map(|signal| (signal, DEFAULT)), others: Vec::new() };
        for (signal, action) in &mut kept.usual {
            rt_sigaction(*signal, ptr::null(), action);
        }
        for signal in Kept::OTHERS.into_iter().filter(|signal| is_kept(*signal)) {
            let mut action = DEFAULT;
            rt_sigaction(signal, ptr::null(), &raw mut action);
            if has_handler(&action) {
                kept.others.push((signal, action));
            }
        }
        kept
    }

    /// Puts the handlers in force again.
    #[inline]
    pub(crate) fn restore(&self) {
        for (signal, action) in self.usual.iter().chain(&self.others).filter(|(_, action)| has_handler(action)) {
            rt_sigaction(*signal, action, ptr::null_mut());
        }
    }
}

/// Whether the kernel keeps the statuses of ended children.
pub(crate) fn keeps_child_statuses() -> bool {
    let mut action = DEFAULT;
    rt_sigaction(libc::SIGCHLD, ptr::null(), &raw mut action);
    let [handler, flags, ..] = action;
    handler != libc::SIG_IGN && flags & libc::SA_NOCLDWAIT as usize == 0
}

/// Gives `signal` its default action.
pub(crate) fn default_action(signal: i32) {
    rt_sigaction(signal, &raw const DEFAULT, ptr::null_mut());
}

/// Has `signal` ignored.
pub(crate) fn ignore(signal: i32) {
    let mut action = DEFAULT;
    action[0] = libc::SIG_IGN;
    rt_sigaction(signal, &raw const action, ptr::null_mut());
}

/// All zeroes: the default action, no flags, an empty mask.
static DEFAULT: Action = [0; 32 / size_of::<usize>()];

fn has_handler(action: &Action) -> bool {
    action[0] != libc::SIG_DFL && action[0] != libc::SIG_IGN
}

fn rt_sigaction(signal: i32, new: *const Action, old: *mut Action) {
    let [new, old] = [new.expose_provenance(), old.expose_provenance()];
    // SAFETY: both are null or larger than what the kernel reads or writes; all zeroes is the default action.
    unsafe { call(libc::SYS_rt_sigaction, [signal as usize, new, old, size_of::<u64>(), 0, 0]) };
}

/// Sends `signal` to the calling thread. If it is let through, it takes effect before this returns.
pub(crate) fn raise(signal: i32) {
    // SAFETY: `tgkill` reads no memory.
    unsafe { call(libc::SYS_tgkill, [id() as usize, thread() as usize, signal as usize, 0, 0, 0]) };
}

/// Sends `signal` to all of the process group of the caller, itself included.
pub(crate) fn raise_in_group(signal: i32) {
    let _ = send_to_group(0, signal);
}

/// Sends `signal` to all of the process group `group`; 0 is that of the caller.
pub(crate) fn send_to_group(group: i32, signal: i32) -> nix::Result<()> {
    // SAFETY: `kill` reads no memory.
    result(unsafe { call(libc::SYS_kill, [-group as usize, signal as usize, 0, 0, 0, 0]) }).map(drop)
}

/// Sends `signal` to the process behind `pidfd`, or to its whole group, where the kernel (6.9) can do that.
pub(crate) fn send_to(pidfd: BorrowedFd<'_>, signal: i32, group: bool) -> nix::Result<()> {
    const PROCESS_GROUP: usize = 1 << 2;
    let to = |flags| {
        let arguments = [pidfd.as_raw_fd() as usize, signal as usize, 0, flags, 0, 0];
        // SAFETY: no information is handed over, so no memory is read.
        result(unsafe { call(libc::SYS_pidfd_send_signal, arguments) }).map(drop)
    };
    if group && to(PROCESS_GROUP).is_ok() { Ok(()) } else { to(0) }
}

/// Waits for `time` at most until the process behind `pidfd` has ended; whether it has.
pub(crate) fn has_ended(pidfd: BorrowedFd<'_>, time: Duration) -> bool {
    let mut poll = libc::pollfd { fd: pidfd.as_raw_fd(), events: libc::POLLIN, revents: 0 };
    let mut time = libc::timespec { tv_sec: time.as_secs() as i64, tv_nsec: time.subsec_nanos().into() };
    let place = (&raw mut poll).expose_provenance();
    // SAFETY: one `pollfd` of ours, and a time of ours, which the kernel may change.
    let ready = unsafe { call(libc::SYS_ppoll, [place, 1, (&raw mut time).expose_provenance(), 0, 0, 0]) };
    ready > 0
}

/// Takes the status of the child behind `pidfd`, which has ended, and forgets it.
pub(crate) fn reap(pidfd: BorrowedFd<'_>) {
    let options = (libc::WEXITED | libc::WNOHANG) as usize;
    // SAFETY: nothing is asked for, so nothing is written.
    unsafe { call(libc::SYS_waitid, [libc::P_PIDFD as usize, pidfd.as_raw_fd() as usize, 0, options, 0, 0]) };
}

/// Writes `bytes` at `offset`, in one call; how many were written.
pub(crate) fn write_at(file: BorrowedFd<'_>, bytes: &[u8], offset: i64) -> nix::Result<usize> {
    let place = [file.as_raw_fd() as usize, bytes.as_ptr().expose_provenance(), bytes.len(), offset as usize, 0, 0];
    // SAFETY: start and length are those of a live slice.
    result(unsafe { call(libc::SYS_pwrite64, place) })
}

/// The monotonic clock.
#[inline]
pub(crate) fn now() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    let place = (&raw mut time).expose_provenance();
    // SAFETY: `time` is a `timespec` of ours; the clock exists.
    unsafe { call(libc::SYS_clock_gettime, [libc::CLOCK_MONOTONIC as usize, place, 0, 0, 0, 0]) };
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec as u32)
}

/// Makes the directory that `number` is of the calling process's.
#[inline]
pub(crate) fn enter(number: i32) -> nix::Result<()> {
    // SAFETY: `fchdir` reads no memory.
    result(unsafe { call(libc::SYS_fchdir, [number as usize, 0, 0, 0, 0, 0]) }).map(drop)
}

/// Makes the standard stream `number` a copy of `fd`, which is another.
#[inline]
pub(crate) fn redirect(number: usize, fd: BorrowedFd<'_>) -> nix::Result<()> {
    // SAFETY: `dup3` reads no memory. Whoever uses a standard stream has to take it as it is.
    result(unsafe { call(libc::SYS_dup3, [fd.as_raw_fd() as usize, number, 0, 0, 0, 0]) }).map(drop)
}

/// Closes a descriptor that the caller owns.
#[inline]
pub(crate) fn close(number: i32) {
    // SAFETY: the caller owns the number and gives it up.
    unsafe { call(libc::SYS_close, [number as usize, 0, 0, 0, 0, 0]) };
}

/// Ends this process at once: no destructors, no exit handlers, no flushing.
#[inline]
pub(crate) fn exit(code: i32) -> ! {
    loop {
        // SAFETY: `exit_group` has no precondition, and does not return.
        unsafe { call(libc::SYS_exit_group, [code as usize, 0, 0, 0, 0, 0]) };
    }
}

/// Where the kernel finds `value`.
fn address<T>(value: &T) -> usize {
    ptr::from_ref(value).expose_provenance()
}
