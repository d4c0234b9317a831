//! What happens when the process exits.

use std::io;

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
