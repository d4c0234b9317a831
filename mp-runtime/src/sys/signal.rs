//! Signal masks and dispositions.

use std::mem::MaybeUninit;

use nix::sys::signal::{SigSet, Signal, killpg};
use nix::unistd::Pid;

use crate::sys::direct;

/// All signals held back from this thread; dropped, the mask is as it was.
pub(crate) struct Blocked {
    before: u64,
}

impl Blocked {
    /// Those of the C library's own, too, as its `fork` does.
    pub(crate) fn all() -> nix::Result<Blocked> {
        direct::set_blocked(u64::MAX).map(|before| Blocked { before })
    }
}

impl Drop for Blocked {
    fn drop(&mut self) {
        // Was possible the other way around.
        let _ = direct::set_blocked(self.before);
    }
}

/// Kills all processes of the group of `leader`, a child that is not reaped: so the number is its own.
pub(crate) fn kill_group(leader: Pid) {
    // Fails if it has no group of its own yet, or nobody in it can be killed.
    let _ = killpg(leader, Signal::SIGKILL);
}

/// Takes away the signals of `set`, which are blocked, if they are pending.
pub(crate) fn discard(set: &SigSet) {
    let at_once = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: set and time are ours and live; no information is asked for.
    while unsafe { libc::sigtimedwait(set.as_ref(), std::ptr::null_mut(), &at_once) } > 0 {}
}

/// A signal that has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Arrived {
    pub(crate) signal: i32,
    /// Whether the kernel has sent it, as for a key at a terminal, and not a process.
    pub(crate) by_kernel: bool,
}

/// Waits for a signal, all of which are blocked, and takes it.
pub(crate) fn await_any() -> Arrived {
    const SI_KERNEL: i32 = 0x80;
    let mut info = MaybeUninit::<libc::siginfo_t>::zeroed();
    loop {
        // SAFETY: a set and a structure of ours.
        let signal = unsafe { libc::sigwaitinfo(SigSet::all().as_ref(), info.as_mut_ptr()) };
        if signal > 0 {
            // SAFETY: zeroed, which is a valid value, then written by the kernel.
            let by_kernel = unsafe { info.assume_init() }.si_code == SI_KERNEL;
            return Arrived { signal, by_kernel };
        }
    }
}

/// Whether the kernel throws the statuses of ended children away, and if so, sees that it no longer does.
///
/// A disposition of "ignore" for SIGCHLD is inherited over `exec`, so any careless parent can have set it.
pub(crate) fn keep_child_statuses() {
    if !direct::keeps_child_statuses() {
        have_child_statuses_kept();
    }
}

#[cold]
fn have_child_statuses_kept() {
    let Some(action) = action(libc::SIGCHLD) else { return };
    if action.sa_sigaction == libc::SIG_IGN {
        set_default(libc::SIGCHLD);
    } else if action.sa_flags & libc::SA_NOCLDWAIT != 0 {
        let action = libc::sigaction { sa_flags: action.sa_flags & !libc::SA_NOCLDWAIT, ..action };
        // SAFETY: the action that was in force, less one flag.
        unsafe { libc::sigaction(libc::SIGCHLD, &action, std::ptr::null_mut()) };
    }
}

/// The disposition of `signal`; `None` for the few that the C library keeps to itself.
pub(crate) fn action(signal: i32) -> Option<libc::sigaction> {
    let mut action = MaybeUninit::<libc::sigaction>::uninit();
    // SAFETY: a null new action only asks; the answer goes to memory of ours.
    let asked = unsafe { libc::sigaction(signal, std::ptr::null(), action.as_mut_ptr()) };
    // SAFETY: on success the C library has filled the structure in.
    (asked == 0).then(|| unsafe { action.assume_init() })
}

fn set_default(signal: i32) {
    // SAFETY: all zeroes is SIG_DFL with no flags and an empty mask.
    let default: libc::sigaction = unsafe { MaybeUninit::zeroed().assume_init() };
    // SAFETY: the default action runs no code of ours.
    unsafe { libc::sigaction(signal, &default, std::ptr::null_mut()) };
}
