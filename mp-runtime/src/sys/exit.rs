//! Leaving the process.

use std::io;

/// Ends this process at once: no destructors, no exit handlers, no flushing.
pub(crate) fn exit_now(code: i32) -> ! {
    // SAFETY: `_exit` has no precondition; it ends the process in any state.
    unsafe { libc::_exit(code) }
}

/// Has `handler` called when the process ends by `exit` or by returning from `main`.
///
/// The C library keeps the list over `fork`, so a child inherits the registration.
pub(crate) fn at_exit(handler: extern "C" fn()) -> io::Result<()> {
    // SAFETY: `handler` is a function of this image, which lives as long as the process does.
    match unsafe { libc::atexit(handler) } {
        0 => Ok(()),
        _ => Err(io::Error::from_raw_os_error(libc::ENOMEM)),
    }
}
