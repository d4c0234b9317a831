//! Telling a stack overflow from any other memory fault.
//!
//! The handler runs on the alternate stack that std gives to the threads it knows, notes what it saw through a
//! callback, puts the handler back that was there before and returns: the fault repeats and takes its course. A
//! signal that was sent does not repeat, and is raised again.

use std::mem::MaybeUninit;
use std::os::raw::{c_int, c_void};
use std::sync::OnceLock;

use crate::sys::signal;

/// What there was for SIGSEGV and SIGBUS before, and whom to tell.
struct Before {
    segv: libc::sigaction,
    bus: libc::sigaction,
    overflow: fn(),
}

static BEFORE: OnceLock<Before> = OnceLock::new();

/// How far from the stack pointer a fault may be and still be the stack's growth: the compiler probes each page
/// of a large frame before it moves on, so a legal access never is further than a page, give or take a red zone.
const REACH: usize = 16 * 1024;

/// Calls `overflow` when this process, or one forked from it, faults at the end of its stack.
///
/// `overflow` runs in a signal handler: it may make system calls and store to memory, nothing else.
/// A process with handlers of its own for these signals keeps them; they run after this one.
pub(crate) fn on_stack_overflow(overflow: fn()) {
    let (Some(segv), Some(bus)) = (signal::action(libc::SIGSEGV), signal::action(libc::SIGBUS)) else { return };
    if BEFORE.set(Before { segv, bus, overflow }).is_err() {
        return; // done before, here or in a parent
    }
    let handler: extern "C" fn(c_int, *mut libc::siginfo_t, *mut c_void) = fault;
    for signal in [libc::SIGSEGV, libc::SIGBUS] {
        // SAFETY: all zeroes is a valid action: the default, no flags, an empty mask.
        let mut action: libc::sigaction = unsafe { MaybeUninit::zeroed().assume_init() };
        action.sa_sigaction = handler as usize;
        action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
        // SAFETY: `fault` has the signature that SA_SIGINFO asks for and keeps to what a handler may do.
        unsafe { libc::sigaction(signal, &action, std::ptr::null_mut()) };
    }
}

/// Gives the calling thread a stack for signal handlers, as std gives the threads that it knows, if it has none.
pub(crate) fn give_stack() {
    const SIZE: usize = 64 * 1024;
    // SAFETY: all zeroes is a valid `stack_t`: a pointer and integers.
    let mut stack: libc::stack_t = unsafe { MaybeUninit::zeroed().assume_init() };
    // SAFETY: only asks; the answer goes to memory of ours.
    let asked = unsafe { libc::sigaltstack(std::ptr::null(), &mut stack) };
    if asked != 0 || stack.ss_flags & libc::SS_DISABLE == 0 {
        return;
    }
    let (protection, flags) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
    // SAFETY: a new mapping at an address the kernel picks touches no memory of ours.
    let memory = unsafe { libc::mmap(std::ptr::null_mut(), SIZE, protection, flags, -1, 0) };
    if memory != libc::MAP_FAILED {
        let stack = libc::stack_t { ss_sp: memory, ss_flags: 0, ss_size: SIZE };
        // SAFETY: memory of this size that is used for nothing else, and never unmapped.
        unsafe { libc::sigaltstack(&stack, std::ptr::null_mut()) };
    }
}

extern "C" fn fault(signal: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    let Some(before) = BEFORE.get() else { return };
    // SAFETY: with SA_SIGINFO the kernel passes a record of the fault, which nobody else changes.
    let info = unsafe { &*info };
    // Zero and below: it is no fault, somebody has sent the signal.
    let sent = info.si_code <= 0;
    // SAFETY: the record of a memory fault has an address; of a signal sent, it is not used.
    let address = unsafe { info.si_addr() } as usize;
    if !sent && address.abs_diff(stack_pointer(context)) <= REACH {
        (before.overflow)();
    }
    let action = if signal == libc::SIGBUS { &before.bus } else { &before.segv };
    // SAFETY: the action that was in force before ours; `sigaction` may be called in a handler.
    unsafe { libc::sigaction(signal, action, std::ptr::null_mut()) };
    if sent {
        // SAFETY: `raise` may be called in a handler; blocked until this one returns, the signal then is delivered.
        unsafe { libc::raise(signal) };
    }
}

/// The stack pointer at the fault.
#[cfg(target_arch = "x86_64")]
fn stack_pointer(context: *mut c_void) -> usize {
    // SAFETY: with SA_SIGINFO the third argument is a `ucontext_t`.
    unsafe { (*context.cast::<libc::ucontext_t>()).uc_mcontext.gregs[libc::REG_RSP as usize] as usize }
}

/// The stack pointer at the fault.
#[cfg(target_arch = "aarch64")]
fn stack_pointer(context: *mut c_void) -> usize {
    // SAFETY: with SA_SIGINFO the third argument is a `ucontext_t`.
    unsafe { (*context.cast::<libc::ucontext_t>()).uc_mcontext.sp as usize }
}

/// Not known on this architecture: a stack overflow is reported by its signal only.
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn stack_pointer(_context: *mut c_void) -> usize {
    usize::MAX / 2
}
