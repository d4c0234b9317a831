//! The C library's output buffers.

/// Writes out what the C library has buffered for any stream.
pub(crate) fn flush_c() {
    // SAFETY: a null stream asks for all output streams; the C library takes the locks it needs.
    unsafe { libc::fflush(std::ptr::null_mut()) };
}
