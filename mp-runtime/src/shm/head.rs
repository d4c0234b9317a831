//! What stands before a value in shared memory.

use std::ffi::CStr;

/// What stands before a value, and is touched by all processes at once.
///
/// # Safety
///
/// - It consists of atomics and of locks of this floor, so that shared references to it are all that is needed.
/// - All zeroes is a valid value, on which [`Head::init`] may be called.
/// - It is aligned to no more than 4096.
pub(crate) unsafe trait Head: Sized {
    /// The name of the memory in procfs.
    const NAME: &'static CStr;

    /// Makes it ready, before anybody else knows of it.
    fn init(&self) -> nix::Result<()>;
}
