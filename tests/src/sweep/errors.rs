//! The errors that a system call may answer with, by its manual page, as far as a correct caller can meet them.

use libc::{
    EACCES, EAGAIN, EBUSY, ECONNREFUSED, ECONNRESET, EINTR, EINVAL, EIO, ELOOP, EMFILE, ENFILE, ENOBUFS, ENODEV,
    ENOENT, ENOEXEC, ENOMEM, ENOSYS, EPERM, EPIPE, ESRCH, ETOOMANYREFS, ETXTBSY,
};

// Of calls that some architectures have under an older number, too.
const DUP: &[i32] = &[EBUSY, EINTR, EMFILE];
const POLL: &[i32] = &[EINTR, ENOMEM];
const READLINK: &[i32] = &[EACCES, ENOENT, ENOMEM];

/// Whether the system call `number` may go on to fail by `errno` when it is tried again at once.
pub(super) fn lasts(number: u64, errno: i32) -> bool {
    number == libc::SYS_pidfd_open as u64 && [ENFILE, ENOMEM].contains(&errno)
}

/// The errors of the system call `number`. `close` and its like have none here: they do their work when they fail, too. Nor is ESRCH
/// among those of `pidfd_open`: somebody has reaped the process then, and it is not there.
pub fn documented(number: u64) -> &'static [i32] {
    match i64::try_from(number).unwrap_or(-1) {
        libc::SYS_pidfd_open => &[EMFILE, ENFILE, ENODEV, ENOMEM, ENOSYS, EPERM],
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
        libc::SYS_socketpair => &[EMFILE, ENFILE, ENOMEM],
        libc::SYS_sendmsg => &[EAGAIN, EINTR, ENOBUFS, ENOMEM, EPIPE, ECONNRESET, ETOOMANYREFS],
        libc::SYS_recvmsg => &[EAGAIN, EINTR, ECONNREFUSED, ENOMEM],
        libc::SYS_execve | libc::SYS_execveat => {
            &[EACCES, EAGAIN, ELOOP, EMFILE, ENFILE, ENOENT, ENOEXEC, ENOMEM, EPERM, ETXTBSY]
        }
        libc::SYS_dup3 => DUP,
        #[cfg(target_arch = "x86_64")]
        libc::SYS_dup2 => DUP,
        libc::SYS_futex => &[EAGAIN, EINTR],
        libc::SYS_ppoll => POLL,
        #[cfg(target_arch = "x86_64")]
        libc::SYS_poll => POLL,
        libc::SYS_read | libc::SYS_pread64 => &[EINTR, EIO],
        libc::SYS_readlinkat => READLINK,
        #[cfg(target_arch = "x86_64")]
        libc::SYS_readlink => READLINK,
        libc::SYS_mprotect => &[ENOMEM],
        libc::SYS_fstat | libc::SYS_ftruncate => &[ENOMEM],
        _ => &[],
    }
}
