//! The system calls that neither std nor nix offers in a safe form.
//!
//! Invariant: every fd made here is owned and close-on-exec before the function returns, and [`fork`] runs only in
//! a process of one thread. Whoever adds a thread to the warden breaks it, and `fork` says so.
#![allow(unsafe_code, reason = "fork, ptrace, raw waits and real-time signals have no safe wrapper")]

use std::fs;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::process::CommandExt;
use std::process::Command;

use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use nix::sys::signal::{SigHandler, Signal};
use nix::unistd::ForkResult;

/// What one look at our children found.
#[derive(Debug)]
pub(crate) enum Wait {
    /// A child stopped or ended; the raw status tells which.
    Event { pid: i32, status: i32 },
    /// There are children, and nothing to say about them yet.
    Quiet,
    /// No child is left.
    Childless,
}

/// How a stopped tracee goes on.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Resume {
    /// Runs, after this signal if it is not 0.
    Continue(i32),
    /// Runs to its next system call, or the end of the one it is in, after this signal if it is not 0.
    Step(i32),
    /// Stays in its group-stop until `SIGCONT`.
    Listen,
}

fn check(result: libc::c_long) -> io::Result<libc::c_long> {
    if result == -1 { Err(io::Error::last_os_error()) } else { Ok(result) }
}

/// Forks; `None` is the child.
pub(crate) fn fork() -> io::Result<Option<i32>> {
    let threads = fs::read_dir("/proc/self/task")?.count();
    assert_eq!(threads, 1, "the warden forks only while it has one thread");
    // SAFETY: the process has one thread (asserted above), so the child's copy of every lock and of the allocator is
    // in the state this thread left it in, and the child may run any code.
    match unsafe { nix::unistd::fork() }? {
        ForkResult::Parent { child } => Ok(Some(child.as_raw())),
        ForkResult::Child => Ok(None),
    }
}

/// Gives signals back their default actions: SIGPIPE, which Rust's start-up code took away, and those that a shell takes
/// away from what it runs in the background.
pub(crate) fn default_signals() -> io::Result<()> {
    for signal in [Signal::SIGPIPE, Signal::SIGINT, Signal::SIGQUIT, Signal::SIGHUP] {
        // SAFETY: installs no handler, so no code of ours can run at a bad moment.
        unsafe { nix::sys::signal::signal(signal, SigHandler::SigDfl) }?;
    }
    Ok(())
}

/// Forbids this process and its children to write core files.
pub(crate) fn no_core() -> io::Result<()> {
    // Too small for any file; and the one value at which a core pattern that is a pipe is left alone too, core(5).
    let none = libc::rlimit { rlim_cur: 1, rlim_max: 1 };
    // SAFETY: `none` is a live, initialised `rlimit` that the kernel only reads.
    check(unsafe { libc::setrlimit(libc::RLIMIT_CORE, &none) }.into())?;
    Ok(())
}

/// Looks for one event of any child without waiting. nix would lose the deaths by real-time signals.
pub(crate) fn wait_any() -> io::Result<Wait> {
    let mut status = 0;
    // SAFETY: `status` is a live `c_int` the kernel may write to.
    match check(unsafe { libc::waitpid(-1, &mut status, libc::WNOHANG | libc::__WALL) }.into()) {
        Ok(0) => Ok(Wait::Quiet),
        Ok(pid) => Ok(Wait::Event { pid: pid as i32, status }),
        Err(error) if error.raw_os_error() == Some(libc::ECHILD) => Ok(Wait::Childless),
        Err(error) => Err(error),
    }
}

/// Lets a stopped tracee go on. One that was killed meanwhile is no error: its end is the next event.
pub(crate) fn resume(pid: i32, how: Resume) -> io::Result<()> {
    let (request, signal) = match how {
        Resume::Continue(signal) => (libc::PTRACE_CONT, signal),
        Resume::Step(signal) => (libc::PTRACE_SYSCALL, signal),
        Resume::Listen => (libc::PTRACE_LISTEN, 0),
    };
    // SAFETY: both requests take no address and touch no memory of this process.
    match check(unsafe { libc::ptrace(request, pid, 0_usize, signal as usize) }) {
        Err(error) if error.raw_os_error() != Some(libc::ESRCH) => Err(error),
        _ => Ok(()),
    }
}

/// The number and the arguments of the system call at whose beginning a tracee is.
pub(crate) fn entered(info: &libc::ptrace_syscall_info) -> Option<(u64, [u64; 6])> {
    if info.op != libc::PTRACE_SYSCALL_INFO_ENTRY {
        return None;
    }
    // SAFETY: `op` says that this is the variant the kernel has filled in.
    let entry = unsafe { info.u.entry };
    Some((entry.nr, entry.args))
}

/// Has a tracee, at the beginning of a system call, not make it.
#[cfg(target_arch = "x86_64")]
pub(crate) fn skip_call(pid: i32) -> io::Result<()> {
    let pid = nix::unistd::Pid::from_raw(pid);
    let mut registers = nix::sys::ptrace::getregs(pid)?;
    registers.orig_rax = u64::MAX;
    Ok(nix::sys::ptrace::setregs(pid, registers)?)
}

/// Has a tracee, at the end of a system call, see this error.
#[cfg(target_arch = "x86_64")]
pub(crate) fn answer(pid: i32, errno: i32) -> io::Result<()> {
    let pid = nix::unistd::Pid::from_raw(pid);
    let mut registers = nix::sys::ptrace::getregs(pid)?;
    registers.rax = i64::from(-errno) as u64;
    Ok(nix::sys::ptrace::setregs(pid, registers)?)
}

/// Not known on this architecture.
#[cfg(not(target_arch = "x86_64"))]
pub(crate) fn skip_call(_pid: i32) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Not known on this architecture.
#[cfg(not(target_arch = "x86_64"))]
pub(crate) fn answer(_pid: i32, _errno: i32) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Sends any signal, also a real-time one.
pub(crate) fn kill(pid: i32, signal: i32) -> io::Result<()> {
    // SAFETY: `kill` takes integers only.
    check(unsafe { libc::kill(pid, signal) }.into())?;
    Ok(())
}

/// Sends a signal, also a real-time one, to the calling process.
#[doc(hidden)]
pub fn raise(signal: i32) -> io::Result<()> {
    // SAFETY: `getpid` takes nothing and cannot fail.
    kill(unsafe { libc::getpid() }, signal)
}

/// Opens a pidfd of a process.
pub(crate) fn pidfd_open(pid: i32) -> io::Result<OwnedFd> {
    // SAFETY: takes integers only.
    let fd = check(unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) })?;
    // SAFETY: the kernel just made this fd (close-on-exec) and nobody else knows its number.
    Ok(unsafe { OwnedFd::from_raw_fd(fd as RawFd) })
}

/// Sends any signal to the process behind a pidfd.
pub(crate) fn pidfd_send_signal(pidfd: &OwnedFd, signal: i32) -> io::Result<()> {
    let no_info = std::ptr::null::<libc::siginfo_t>();
    // SAFETY: the fd is open for the call, and a null siginfo means "as `kill` would fill it in".
    check(unsafe { libc::syscall(libc::SYS_pidfd_send_signal, pidfd.as_raw_fd(), signal, no_info, 0) })?;
    Ok(())
}

/// Lets the program that `command` starts inherit `fd` under the same number, and nobody else.
pub(crate) fn inherit(command: &mut Command, fd: OwnedFd) {
    let clear = move || Ok(fcntl(&fd, FcntlArg::F_SETFD(FdFlag::empty())).map(drop)?);
    // SAFETY: `clear` makes one fcntl call, which is async-signal-safe, and allocates nothing.
    unsafe { command.pre_exec(clear) };
}

/// Takes ownership of an inherited fd, given by number, and makes it close-on-exec.
pub(crate) fn inherited(number: RawFd) -> io::Result<OwnedFd> {
    if number <= libc::STDERR_FILENO {
        return Err(io::Error::other("`--report-fd` needs an fd above 2"));
    }
    // SAFETY: takes integers only; fails if the fd is not open.
    check(unsafe { libc::fcntl(number, libc::F_SETFD, libc::FD_CLOEXEC) }.into())?;
    // SAFETY: the fd is open (the call above) and was given to this process to own: the warden asks for it once, from
    // its command line, before it opens any fd of its own.
    Ok(unsafe { OwnedFd::from_raw_fd(number) })
}
