//! The child that owns the terminal, if one does.
//!
//! It puts its group into the foreground itself, before its function begins and before its start returns. It cannot take it away again, for it may be
//! killed: that is for its parent, in three places. When it reaps the child; at SIGCHLD, for the program may be about to
//! read from the terminal and not to join; and at SIGTTIN and SIGTTOU, by which the kernel keeps a process in the
//! background from the terminal: there the program waits for its turn. The handlers are in force while there is such a
//! child, and only where the program has none of its own.

use std::os::fd::BorrowedFd;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::process::isolation;
use crate::sys::roll::{Listed, Place, Roll};
use crate::sys::wait::Halt;
use crate::sys::{adopted, direct, handler, terminal};

/// One child at most.
static OWNER: Roll = Roll::new();

/// The signals that are handled meanwhile.
static HANDLED: AtomicU64 = AtomicU64::new(0);

const SIGNALS: [i32; 3] = [libc::SIGCHLD, libc::SIGTTIN, libc::SIGTTOU];

/// Whether a child owns the terminal, or will.
pub(crate) fn is_lent() -> bool {
    OWNER.is_ours() && OWNER.read().last(None).is_some()
}

/// Whether this process may give the terminal away.
pub(crate) fn is_ours() -> nix::Result<bool> {
    terminal::foreground().map(|group| group == adopted::group(0))
}

/// As [`is_ours`]; a program that is isolated asks the process outside for the terminal before. In the background, it is stopped then.
pub(crate) fn come_by() -> nix::Result<bool> {
    let ours = is_ours()?;
    if !ours && isolation::is_in_force() {
        terminal::ask_for(adopted::group(0))?;
        return is_ours();
    }
    Ok(ours)
}

/// Whether the group of the child `id` is in the foreground.
pub(crate) fn is_of(id: i32) -> bool {
    terminal::foreground() == Ok(id)
}

/// Notes that the child behind `pidfd`, whose id is `id`, owns the terminal.
pub(crate) fn lend(pidfd: BorrowedFd<'_>, id: i32) -> Option<&'static Place> {
    if !OWNER.is_ours() {
        OWNER.open();
    }
    HANDLED.store(handler::attend_also(SIGNALS, on_signal), Ordering::SeqCst);
    OWNER.enter(pidfd, u64::from(id.unsigned_abs()))
}

/// Takes the terminal back from the child at `place`, which is about to be reaped.
pub(crate) fn take_back(place: &Place, id: i32) {
    recover(id);
    OWNER.leave(place);
    // The others do as the default does from now on; one of them may be on its way to a thread that reads.
    handler::neglect(HANDLED.swap(0, Ordering::SeqCst) & 1 << (libc::SIGCHLD - 1));
}

/// Puts this process's group back into the foreground, if that of its child `id` is there, or one that is no more.
fn recover(id: i32) {
    if terminal::foreground().is_ok_and(|group| group == id || terminal::is_empty(group)) {
        // A session that has lost its terminal meanwhile needs none.
        let _ = terminal::give(adopted::group(0));
    }
}

/// As [`recover`], for whoever owns it, when all children have ended. For handlers.
pub(crate) fn recover_last() {
    if OWNER.is_ours()
        && let Some(child) = OWNER.read().last(None)
    {
        recover(child.note as i32);
    }
}

/// The handler. SIGTTOU is blocked in it, so that it may write and the terminal be given.
fn on_signal(signal: i32) {
    let reading = OWNER.read();
    match reading.last(None).filter(|_| OWNER.is_ours()) {
        Some(child) if signal == libc::SIGCHLD => look_after(&child),
        _ if signal == libc::SIGCHLD => {}
        Some(child) if is_of(child.note as i32) => await_turn(&child),
        // The turn has come meanwhile, but the rest of our group was stopped: see `await_turn`.
        _ if is_ours() == Ok(true) => direct::raise_in_group(libc::SIGCONT),
        // Not our child but the shell has the terminal: the program is in the background.
        _ => handler::stop_by(signal),
    }
}

/// Sees whether the child goes on. If Ctrl-Z has stopped it, that was meant for the whole program. If it was stopped because
/// the program has the terminal, it is given that.
fn look_after(child: &Listed<'_>) {
    let id = child.note as i32;
    let (halt, signal) = terminal::halt(child.pidfd);
    if halt == Halt::Running {
        return;
    }
    recover(id);
    let kept_out = matches!(signal, libc::SIGTTIN | libc::SIGTTOU);
    if halt == Halt::Ended || signal != libc::SIGTSTP && !kept_out {
        return;
    }
    // What the child needs is ours to give in the foreground only: elsewhere the shell has to see that we wait for it.
    let stopped = (!kept_out || is_ours() == Ok(false)) && stop_by(if kept_out { libc::SIGTTIN } else { signal });
    // Here it goes on: by `fg`, or by `bg`, after which the terminal is somebody else's, and the child may ask once more.
    let given = is_ours() == Ok(true) && terminal::give(id).is_ok();
    if given || stopped || !kept_out {
        let _ = direct::send_to(child.pidfd, libc::SIGCONT, true);
    }
}

/// Stops this program by `signal`, if that does, and returns when it goes on. Whether it was stopped: it is not where nobody could
/// continue it.
fn stop_by(signal: i32) -> bool {
    let before = direct::block(1 << (libc::SIGCONT - 1));
    direct::raise(signal);
    let stopped = direct::is_pending(libc::SIGCONT);
    let _ = direct::set_blocked(before);
    stopped
}

/// Waits until the child does not own the terminal any more.
fn await_turn(child: &Listed<'_>) {
    const SLICE: Duration = Duration::from_millis(20);
    let id = child.note as i32;
    while terminal::halt(child.pidfd).0 == Halt::Running && is_of(id) {
        direct::has_ended(child.pidfd, SLICE);
    }
    recover(id);
    // The kernel has stopped all of our group that does not handle the signal, and nobody else would continue it.
    direct::raise_in_group(libc::SIGCONT);
}
