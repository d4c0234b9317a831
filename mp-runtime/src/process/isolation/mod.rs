//! A PID namespace for a program: `isolate`, and what it becomes by that.
//!
//! Three processes are there then. The one that was started stays *outside*: whoever has started the program knows it by its
//! id, so it passes signals on, and ends as the program does. The *first* process of the namespace reaps what nobody else
//! does, and dies with the one outside: with it, the kernel kills all that is in the namespace. The *program* is the second:
//! were it the first, no signal without a handler would reach it (not even its own `abort`). It is a child of the one outside, who
//! so learns of its stops and of its end from the kernel.

mod error;
mod first;
mod outside;
mod sentry;

use std::ffi::CString;
use std::io::Read;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicI32, Ordering};

use nix::errno::Errno;
use nix::unistd::getpid;

pub use error::IsolateError;
use error::{Kind, Step};

use crate::process::{outbox, registry};
use crate::sys::namespace::{self, Ids, Rights, World};
use crate::sys::{direct, environ, fork, pidfd, signal, thread, wait};

/// The id of the program that is isolated, in its namespace; its processes inherit the word. 0 without.
static PROGRAM: AtomicI32 = AtomicI32::new(0);

/// Puts the calling program into a PID namespace of its own: when it ends, by whatever, the kernel kills all that it has
/// started, and what these have, in whatever session and as whatever user: before anybody learns of the end, or, when the process outside is killed by SIGKILL, in the
/// same moment.
///
/// A program made by `mp_main!` does so by its option `#![isolate = pid_namespace]`. One with a `fn main` of its own calls this
/// first, before it starts threads or processes, and keeps no id of a process from before: the caller goes on as
/// another process, which has the id 2, and whose parent has the id 0. The one that was started stays outside. To whoever has
/// started it, it is the program: signals that are sent to it reach the program, a stop of the program stops it, and it ends as the program
/// ends, by the same code or signal (without a core of its own). When it is killed, all is.
///
/// In the namespace ids are counted anew, and `/proc` tells of it alone, for which the program has mounts of its own, too: what is
/// mounted outside it sees, and what it mounts is not seen outside. Who has no right to make a PID namespace (CAP_SYS_ADMIN) makes a
/// user namespace around it: files of other users show as those of `nobody` then, and setuid programs have no effect. No process
/// can be [detached](crate::Builder::detached): it would not outlive the program.
///
/// The program has a process group of its own. Keys such as Ctrl-C reach it all the same, and when it reads from the terminal, it
/// is given that. Only SIGSTOP, for the process outside, is nothing that could be passed on: the program goes on.
///
/// Once it has succeeded, another call does nothing.
///
/// Under systemd, a service of such a program needs `KillMode=mixed` (else each order to stop comes twice: to the process outside, which
/// passes it on, and to the program) and, for `sd_notify`, `NotifyAccess=all`; `LISTEN_PID` and `WATCHDOG_PID` are set to the new id. The
/// program cannot write a file with its id for others: it does not know the id that it has for them.
///
/// ```no_run
/// use mp_runtime::{Rung, guarantees, isolate};
///
/// fn main() -> Result<(), mp_runtime::IsolateError> {
///     isolate()?;
///     assert!(guarantees().hold(Rung::PidNamespace));
///     Ok(())
/// }
/// ```
///
/// # Errors
///
/// When the kernel or a sandbox refuses; when the caller has threads, or processes of this crate (a child by `Command` would stay that of the
/// process outside), or is itself a process of a program. Then it goes on as it
/// was, except for want of memory or processes in the last step: it is to end then.
pub fn isolate() -> Result<(), IsolateError> {
    if PROGRAM.load(Ordering::Relaxed) == direct::id() {
        return Ok(());
    }
    if outbox::launch().is_some() {
        return Err(Kind::Process.into());
    }
    if registry::lock().has_children() {
        return Err(Kind::HasProcesses.into());
    }
    if thread::is_threaded() {
        return Err(Kind::Threaded(thread::count()).into());
    }
    let failed = |step| move |errno: Errno| IsolateError::from(Kind::Os(step, errno as i32));
    let outer_id = direct::id();
    let outer = pidfd::open(getpid()).map_err(failed(Step::Descriptors))?;
    let rights = Rights::get().map_err(failed(Step::Rights))?;
    // A signal must not find the program between two of its processes.
    let blocked = signal::Blocked::all().map_err(failed(Step::Signals))?;
    signal::keep_child_statuses();
    let (first, world) = match begin(World::Processes, outer.as_fd()) {
        Err(Kind::Os(_, errno)) if errno == Errno::EPERM as i32 => {
            begin(World::ProcessesAndUsers, outer.as_fd()).map(|first| (first, World::ProcessesAndUsers))
        }
        begun => begun.map(|first| (first, World::Processes)),
    }?;
    let entered = namespace::enter(first.as_fd(), world).map_err(failed(Step::Entry)).and_then(|()| {
        let outside = |id, program: BorrowedFd<'_>| outside::watch(id, program, first.as_fd());
        fork::go_on_in_child(&[first.as_fd()], outside).map_err(failed(Step::Fork))
    });
    if let Err(error) = entered {
        end(&first);
        return Err(error);
    }
    // From here on this is the program.
    let _ = direct::own_process_group();
    namespace::mount_procfs().map_err(failed(Step::Procfs))?;
    rights.restore().map_err(failed(Step::Rights))?;
    PROGRAM.store(direct::id(), Ordering::Relaxed);
    tell_libraries_of(outer_id);
    drop(blocked);
    Ok(())
}

/// Has variables that a service manager has set for this process, by the id that it had, be for it by the id that it has.
fn tell_libraries_of(old: i32) {
    for name in [c"LISTEN_PID", c"WATCHDOG_PID"] {
        if name.to_str().is_ok_and(|name| std::env::var(name).is_ok_and(|id| id == old.to_string()))
            && let Ok(new) = CString::new(direct::id().to_string())
        {
            // Without memory for it, the library behind it finds that it is not meant.
            let _ = environ::set(name, Some(&new));
        }
    }
}

/// Makes a namespace with its first process, which says that all is ready in it; the process descriptor of that.
fn begin(world: World, outer: BorrowedFd<'_>) -> Result<OwnedFd, Kind> {
    let ids = Ids::get();
    let (mut news, teller) =
        std::io::pipe().map_err(|error| Kind::Os(Step::Descriptors, error.raw_os_error().unwrap_or(libc::EMFILE)))?;
    let run = || first::run(world, ids, outer, teller.as_fd());
    let first = fork::fork_apart(world.flags(), &[outer, teller.as_fd()], run)
        .map_err(|errno| Kind::Os(Step::Namespace, errno as i32))?;
    drop(teller);
    let mut told = [0; first::NEWS];
    let why = match news.read_exact(&mut told) {
        Ok(()) => match first::read(told) {
            Ok(()) => return Ok(first),
            Err((step, errno)) => Kind::Os(step, errno),
        },
        Err(_) => Kind::Os(Step::Namespace, libc::ESRCH), // somebody has killed it
    };
    end(&first);
    Err(why)
}

/// Ends the first process of a namespace, and so all others.
fn end(first: &OwnedFd) {
    let _ = pidfd::send_signal(first.as_fd(), libc::SIGKILL);
    wait::block(first.as_fd());
    direct::reap(first.as_fd());
}

/// Whether the calling process is a program that is isolated.
pub(crate) fn is_in_force() -> bool {
    let program = PROGRAM.load(Ordering::Relaxed);
    program != 0 && program == direct::id()
}

/// Whether what the calling process starts ends with its program in any case.
pub(crate) fn is_inside() -> bool {
    // An image has no such word. But the first process of its namespace has a name.
    PROGRAM.load(Ordering::Relaxed) != 0
        || outbox::launch().is_some()
            && std::fs::read("/proc/1/comm").is_ok_and(|name| name.trim_ascii_end() == first::NAME)
}
