//! The errors that a system call may answer with, by its manual page, as far as a correct caller can meet them.

use libc::{EACCES, EAGAIN, EINTR, EINVAL, ELOOP, EMFILE, ENFILE, ENODEV, ENOENT, ENOMEM, ENOSYS, EPERM, EPIPE, ESRCH};

/// The errors of the system call `number`. `close` and its like have none here: they do their work when they fail, too.
pub fn documented(number: u64) -> &'static [i32] {
    match i64::try_from(number).unwrap_or(-1) {
        libc::SYS_pidfd_open => &[EMFILE, ENFILE, ENODEV, ENOMEM, ESRCH, ENOSYS, EPERM],
        libc::SYS_fcntl => &[EMFILE, EINVAL, EPERM, EAGAIN, ENOSYS],
        libc::SYS_pipe2 => &[EMFILE, ENFILE, ENOMEM],
        libc::SYS_openat => &[EACCES, EINTR, ELOOP, EMFILE, ENFILE, ENOENT, ENOMEM, EPERM],
        libc::SYS_memfd_create => &[EMFILE, ENFILE, ENOMEM, EPERM, ENOSYS],
        libc::SYS_mmap => &[EAGAIN, ENOMEM, EPERM],
        libc::SYS_madvise => &[EAGAIN, EINVAL, ENOMEM],
        libc::SYS_clone3 | libc::SYS_clone => &[EAGAIN, ENOMEM, EMFILE, EPERM, ENOSYS, EINVAL],
        libc::SYS_unshare => &[EPERM, ENOMEM, ENOSYS],
        libc::SYS_prctl => &[EINVAL, EPERM, ENOSYS],
        libc::SYS_get_robust_list | libc::SYS_set_robust_list => &[EPERM, EINVAL, ENOSYS],
        libc::SYS_setpgid => &[EACCES, EPERM, ESRCH],
        libc::SYS_write => &[EPIPE, EINTR, EAGAIN],
        libc::SYS_fstat | libc::SYS_ftruncate => &[ENOMEM],
        _ => &[],
    }
}
