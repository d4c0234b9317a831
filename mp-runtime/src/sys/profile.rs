//! The counts of code that was compiled with `-C instrument-coverage`.
//!
//! The profiler of LLVM, which is in such an executable and in no other, writes them to a file when the process exits, under a name that
//! it has made when the executable was loaded. A child ends by a system call instead, and has its parent's name for the file
//! and its parent's counts.
//!
//! Invariant: the functions are those of the profiler that this executable was linked with, or none.

use std::ffi::{CStr, c_char, c_int};

/// What the profiler offers; all `None` in an executable that has none.
#[repr(C)]
struct Profiler {
    write: Option<extern "C" fn() -> c_int>,
    reset: Option<extern "C" fn()>,
    name: Option<unsafe extern "C" fn(*const c_char)>,
    is_continuous: Option<extern "C" fn() -> c_int>,
}

// The addresses of functions that may not be there, which the language cannot yet ask for: the linker fills in zeroes then.
std::arch::global_asm!(
    ".weak __llvm_profile_write_file",
    ".weak __llvm_profile_reset_counters",
    ".weak __llvm_profile_set_filename",
    ".weak __llvm_profile_is_continuous_mode_enabled",
    ".pushsection .data.rel.ro.mp_runtime_profiler,\"aw\"",
    ".balign 8",
    ".weak __mp_runtime_profiler",
    ".hidden __mp_runtime_profiler",
    ".type __mp_runtime_profiler, @object",
    "__mp_runtime_profiler:",
    ".8byte __llvm_profile_write_file",
    ".8byte __llvm_profile_reset_counters",
    ".8byte __llvm_profile_set_filename",
    ".8byte __llvm_profile_is_continuous_mode_enabled",
    ".size __mp_runtime_profiler, . - __mp_runtime_profiler",
    ".popsection",
);

// SAFETY: defined above, with four addresses; loaded with the executable and not written to afterwards.
unsafe extern "C" {
    #[link_name = "__mp_runtime_profiler"]
    safe static PROFILER: Profiler;
}

/// The variable with the pattern of the file's name.
const VARIABLE: &CStr = c"LLVM_PROFILE_FILE";
/// The pattern, if nobody has said another: that of rustc.
const USUAL: &CStr = c"default_%m_%p.profraw";

/// Begins anew in a process just forked: with no counts, and a file of its own if the pattern has the process id in it.
#[inline]
pub(crate) fn begin() {
    if PROFILER.write.is_some() {
        renew();
    }
}

#[cold]
fn renew() {
    let Profiler { reset: Some(reset), name: Some(name), is_continuous: Some(is_continuous), .. } = PROFILER else {
        return;
    };
    // Then the counts are in the file, which is mapped, and are the parent's, too.
    if is_continuous() != 0 {
        return;
    }
    reset();
    // SAFETY: one thread: nobody changes the environment meanwhile.
    let given = unsafe { libc::getenv(VARIABLE.as_ptr()) };
    // SAFETY: a string of the environment, if it is there.
    let is_given = !given.is_null() && unsafe { given.read() } != 0;
    // The name that it has is not made again, so it gets another first. Nothing is written to that.
    for pattern in [c"/dev/null".as_ptr(), if is_given { given } else { USUAL.as_ptr() }] {
        // SAFETY: a string, which the profiler copies.
        unsafe { name(pattern) };
    }
}

/// Writes the counts, for a process that is about to end by a system call.
#[inline]
pub(crate) fn end() {
    if let Some(write) = PROFILER.write {
        write(); // it says so itself if it cannot
    }
}
