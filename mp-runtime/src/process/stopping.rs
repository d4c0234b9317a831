//! What a program made by `mp_main!` does about the signals that are meant for all of it.
//!
//! SIGTERM, SIGINT, SIGHUP and SIGQUIT stop its children in the reverse order of their start, each by the ladder of
//! [`stop`], and then end the program as if it had not handled them, so that
//! a shell sees 143 or 130. Once more, they skip what is left of the grace. SIGTSTP stops and SIGCONT continues all,
//! SIGWINCH is passed on.
//!
//! All of it happens in the handler. `fn main` may be computing, or wait in a call of its own, with any lock held, and
//! the stop has to come all the same; there can be no thread for it, since the program forks; and a process between the
//! program and its children would change who is whose parent. Since the handler of such a signal never returns, it needs
//! no more than to read the roll of children and to make system calls.

use std::io;
use std::os::fd::BorrowedFd;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use nix::errno::Errno;

use crate::process::exit::Exit;
use crate::process::record::Record;
use crate::process::{strays, terminal};
use crate::sys::roll::{Place, Roll};
use crate::sys::{adopted, direct, handler, pidfd};

static ROLL: Roll = Roll::new();

/// How many signals have told this program to stop.
static STOPS: AtomicU32 = AtomicU32::new(0);

/// How long a process may take to end after SIGKILL before it is given up: it waits in the kernel for a device, say.
pub(crate) const UNKILLABLE: Duration = Duration::from_secs(10);

/// The time during which a program attends to its signals, and adopts what its processes leave behind.
#[derive(Debug)]
pub(crate) struct Attention {
    signals: u64,
    /// Whether orphans were adopted before, too.
    adopted: bool,
}

/// Attends to signals until the value is dropped. A signal that is ignored, as by `nohup`, or handled already, is left so.
pub(crate) fn attend() -> Attention {
    ROLL.open();
    strays::note_others();
    STOPS.store(0, Ordering::SeqCst);
    Attention { adopted: adopted::adopt(true), signals: handler::attend(on_signal) }
}

impl Drop for Attention {
    fn drop(&mut self) {
        give_way();
        handler::neglect(self.signals);
        adopted::adopt(self.adopted);
        ROLL.close();
    }
}

/// How a process is asked to stop, and how long it may take before it is killed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ladder {
    pub(crate) signal: i32,
    pub(crate) grace: Duration,
}

impl Default for Ladder {
    fn default() -> Ladder {
        Ladder { signal: libc::SIGTERM, grace: Duration::from_secs(5) }
    }
}

/// Ends a child: its signal, and SIGCONT in case it is stopped; after `grace`, SIGKILL, also to what it has left in its
/// group.
pub(crate) fn stop(child: &Record, grace: Duration) -> io::Result<&Exit> {
    ask(child)?;
    if child.wait(Instant::now().checked_add(grace)).is_none() {
        insist(child)?;
    }
    match child.wait(Instant::now().checked_add(UNKILLABLE)) {
        Some(exit) => Ok(exit),
        None if child.is_foreign() => Err(child.not_here()),
        None => Err(unkillable()),
    }
}

/// Asks a child to end, if it has not.
pub(crate) fn ask(child: &Record) -> io::Result<()> {
    if child.poll().is_some() {
        return Ok(());
    }
    child.send(child.ladder().signal)?;
    child.send(libc::SIGCONT)
}

/// Ends a child that was asked in vain.
pub(crate) fn insist(child: &Record) -> io::Result<()> {
    if child.poll().is_some() {
        return Ok(());
    }
    child.send(libc::SIGKILL)?;
    // Not reaped yet, so the group is still its own.
    let _ = child.pidfd().get().map(|pidfd| direct::send_to(pidfd, libc::SIGKILL, true));
    Ok(())
}

pub(crate) fn unkillable() -> io::Error {
    let text = format!("SIGKILL has not ended it in {UNKILLABLE:?}: the kernel or a tracer holds it");
    io::Error::new(io::ErrorKind::TimedOut, text)
}

/// Stays here for ever if another thread is stopping the program: it will end the process.
pub(crate) fn give_way() {
    while STOPS.load(Ordering::SeqCst) > 0 && ROLL.is_ours() {
        pidfd::pause(Duration::from_secs(1));
    }
}

/// Lists a child, if this process attends to signals.
pub(crate) fn enter(pidfd: BorrowedFd<'_>, ladder: Ladder) -> Option<&'static Place> {
    let grace = u64::try_from(ladder.grace.as_millis()).unwrap_or(u64::MAX).min(u64::MAX >> 8);
    ROLL.enter(pidfd, grace << 8 | u64::from(ladder.signal.unsigned_abs() & 0xff))
}

/// Takes a child off the list, which has ended.
pub(crate) fn leave(place: &Place) {
    ROLL.leave(place);
}

/// Whether this process attends to signals, and adopts orphans.
pub(crate) fn is_attending() -> bool {
    ROLL.is_ours()
}

/// The handler.
fn on_signal(signal: i32) {
    // Somebody else's fork has a copy of the handler, but no children.
    let ours = ROLL.is_ours();
    match signal {
        libc::SIGWINCH if ours => pass_on(signal),
        libc::SIGWINCH => {}
        libc::SIGTSTP => {
            if ours {
                pass_on(signal);
            }
            handler::stop_by(signal);
            if ours {
                pass_on(libc::SIGCONT);
            }
        }
        _ => {
            if !ours || STOPS.fetch_add(1, Ordering::SeqCst) == 0 {
                if ours {
                    handler::let_through();
                    stop_all();
                }
                handler::die_of(signal);
            }
        }
    }
}

/// Sends `signal` to the groups of all children.
fn pass_on(signal: i32) {
    let reading = ROLL.read();
    let mut next = reading.last(None);
    while let Some(child) = next {
        // One that has ended needs none, and one of another user takes none.
        let _ = direct::send_to(child.pidfd, signal, true);
        next = reading.last(Some(&child));
    }
}

/// Stops one child after the other, until there is none, also of those that another thread may start meanwhile; then what
/// they have left behind.
fn stop_all() {
    let reading = ROLL.read();
    while let Some(child) = reading.last(None) {
        let (signal, grace) = ((child.note & 0xff) as i32, Duration::from_millis(child.note >> 8));
        // One that has changed its user takes no signal from us. The end of this process will be its end.
        if climb(child.pidfd, signal, grace) != Err(Errno::EPERM) {
            direct::reap(child.pidfd);
        }
        child.strike();
    }
    strays::stop(|| STOPS.load(Ordering::SeqCst) > 1, |_| ());
    terminal::recover_last();
    // The roll stays read: who waits to close a descriptor must not go on.
    std::mem::forget(reading);
}

/// The ladder of [`stop`], for the handler.
fn climb(pidfd: BorrowedFd<'_>, signal: i32, grace: Duration) -> nix::Result<()> {
    let hurried = || STOPS.load(Ordering::SeqCst) > 1;
    if !hurried() {
        direct::send_to(pidfd, signal, false)?;
        direct::send_to(pidfd, libc::SIGCONT, false)?;
        if wait(pidfd, grace, hurried) {
            return Ok(());
        }
    }
    direct::send_to(pidfd, libc::SIGKILL, true)?;
    wait(pidfd, UNKILLABLE, || false);
    Ok(())
}

/// Waits for the end of a process, for `time` at most, or until it is `enough`; whether it has ended.
fn wait(pidfd: BorrowedFd<'_>, time: Duration, enough: impl Fn() -> bool) -> bool {
    // Another signal may be handled by another thread, which would not wake this one.
    const SLICE: Duration = Duration::from_millis(20);
    let begin = direct::now();
    loop {
        let left = time.saturating_sub(direct::now() - begin);
        if direct::has_ended(pidfd, left.min(SLICE)) {
            return true;
        }
        if left.is_zero() || enough() {
            return false;
        }
    }
}
