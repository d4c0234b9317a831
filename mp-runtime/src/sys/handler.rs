//! Handlers for the signals that terminals, shells and service managers send to a program.
//!
//! Invariant: what a handler calls may run between any two instructions of the program, whatever lock it holds. So it
//! touches atomics and makes system calls without the C library, and nothing else.

use std::mem::MaybeUninit;
use std::os::raw::c_int;
use std::sync::OnceLock;

use crate::sys::{direct, signal};

static HANDLE: OnceLock<fn(i32)> = OnceLock::new();
static HANDLE_ALSO: OnceLock<fn(i32)> = OnceLock::new();

extern "C" fn on_signal(signal: c_int) {
    let handle = if SIGNALS.contains(&signal) { &HANDLE } else { &HANDLE_ALSO };
    if let Some(handle) = handle.get() {
        handle(signal);
    }
}

/// The signals meant here.
const SIGNALS: [i32; 6] = [libc::SIGTERM, libc::SIGINT, libc::SIGHUP, libc::SIGQUIT, libc::SIGTSTP, libc::SIGWINCH];

/// Has `handle` called at each of the signals that has its default action: who ignores one, or handles it, keeps that.
///
/// `handle` keeps to what a handler may do, see above. While it runs they are blocked, until it calls [`let_through`].
/// Always the same is given. Returns the signals, bit n - 1 for signal n.
pub(crate) fn attend(handle: fn(i32)) -> u64 {
    let _ = HANDLE.set(handle);
    attend_those(SIGNALS)
}

/// As [`attend`], for signals of a terminal and its jobs. SIGTTOU is blocked while `handle` runs, and the others are not.
pub(crate) fn attend_also(signals: [i32; 3], handle: fn(i32)) -> u64 {
    let _ = HANDLE_ALSO.set(handle);
    attend_those(signals)
}

fn attend_those<const N: usize>(signals: [i32; N]) -> u64 {
    let default = |signal: &i32| signal::action(*signal).is_some_and(|action| action.sa_sigaction == libc::SIG_DFL);
    signals.into_iter().filter(default).fold(0, |attended, signal| {
        install(signal);
        attended | 1 << (signal - 1)
    })
}

/// Gives those of `attended` that are still attended to their default actions.
pub(crate) fn neglect(attended: u64) {
    let ours = on_signal as extern "C" fn(c_int) as usize;
    for signal in (1..=64).filter(|signal| attended & 1 << (signal - 1) != 0) {
        if signal::action(signal).is_some_and(|action| action.sa_sigaction == ours) {
            direct::default_action(signal);
        }
    }
}

fn install(signal: i32) {
    // SAFETY: all zeroes is a valid action: the default, no flags, an empty mask.
    let mut action: libc::sigaction = unsafe { MaybeUninit::zeroed().assume_init() };
    action.sa_sigaction = on_signal as extern "C" fn(c_int) as usize;
    action.sa_flags = libc::SA_RESTART;
    // Of two at once the kernel would else begin with both, and go on with the second.
    let held: &[i32] = if SIGNALS.contains(&signal) { &SIGNALS } else { &[libc::SIGTTOU] };
    for other in held {
        // SAFETY: a set of ours, initialised: all zeroes is the empty one.
        unsafe { libc::sigaddset(&mut action.sa_mask, *other) };
    }
    // SAFETY: the handler has the right signature and keeps to what a handler may do. `sigaction` may be called in one.
    unsafe { libc::sigaction(signal, &action, std::ptr::null_mut()) };
}

/// Lets the signals through again, in a handler that takes its time.
pub(crate) fn let_through() {
    direct::unblock(SIGNALS.into_iter().fold(0, |set, signal| set | 1 << (signal - 1)));
}

/// Ends this process as if it had never handled `signal`. For handlers. No other signal comes before it.
pub(crate) fn die_of(signal: i32) -> ! {
    direct::default_action(signal);
    direct::unblock(1 << (signal - 1));
    direct::raise(signal);
    // The first process of a PID namespace is spared by all but SIGKILL; a shell would say it so.
    direct::exit(128 + signal)
}

/// Stops this process as if it had never handled `signal`, which is a stop signal, and returns when it goes on. For
/// handlers.
pub(crate) fn stop_by(signal: i32) {
    direct::default_action(signal);
    direct::unblock(1 << (signal - 1)); // at the end of the handler it is so anyway
    direct::raise(signal);
    install(signal);
}
