//! The environment of a process that has just begun, and has one thread.

use std::ffi::CStr;

use nix::errno::Errno;

/// Sets `name` to `value`, or takes it away.
///
/// Only for a child between fork and function, and for a program that has just been isolated. The C library's functions, not std's: these
/// hold a lock that another thread of the parent may have held at the fork.
pub(crate) fn set(name: &CStr, value: Option<&CStr>) -> nix::Result<()> {
    let done = match value {
        // SAFETY: two strings that the library copies; no other thread reads the environment, for there is none.
        Some(value) => unsafe { libc::setenv(name.as_ptr(), value.as_ptr(), 1) },
        // SAFETY: a string that the library reads; as above.
        None => unsafe { libc::unsetenv(name.as_ptr()) },
    };
    Errno::result(done).map(drop)
}

/// Takes all of it away. As [`set`].
pub(crate) fn clear() -> nix::Result<()> {
    // SAFETY: takes nothing; no other thread reads the environment, for there is none.
    match unsafe { libc::clearenv() } {
        0 => Ok(()),
        _ => Err(Errno::ENOMEM),
    }
}
