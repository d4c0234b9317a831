//! The instruction that enters the kernel.

use nix::errno::Errno;

/// Makes the system call `number`; what the kernel answers.
///
/// # Safety
///
/// The arguments are what the call demands: addresses are valid for what it does there.
#[cfg(target_arch = "x86_64")]
#[inline]
pub(crate) unsafe fn call(number: libc::c_long, arguments: [usize; 6]) -> isize {
    let [a, b, c, d, e, f] = arguments;
    let answer;
    // SAFETY: the kernel's convention: it changes no register but these, and memory as the caller has vouched for.
    unsafe {
        std::arch::asm!(
            "syscall",
            inlateout("rax") number as isize => answer,
            in("rdi") a, in("rsi") b, in("rdx") c, in("r10") d, in("r8") e, in("r9") f,
            lateout("rcx") _, lateout("r11") _,
            options(nostack)
        );
    }
    answer
}

/// Makes the system call `number`; what the kernel answers.
///
/// # Safety
///
/// The arguments are what the call demands: addresses are valid for what it does there.
#[cfg(target_arch = "aarch64")]
#[inline]
pub(crate) unsafe fn call(number: libc::c_long, arguments: [usize; 6]) -> isize {
    let [a, b, c, d, e, f] = arguments;
    let answer;
    // SAFETY: the kernel's convention: it changes no register but these, and memory as the caller has vouched for.
    unsafe {
        std::arch::asm!(
            "svc 0",
            in("x8") number,
            inlateout("x0") a as isize => answer,
            in("x1") b, in("x2") c, in("x3") d, in("x4") e, in("x5") f,
            options(nostack)
        );
    }
    answer
}

/// Makes the system call `number`; what the kernel answers.
///
/// # Safety
///
/// The arguments are what the call demands: addresses are valid for what it does there.
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
pub(crate) unsafe fn call(number: libc::c_long, arguments: [usize; 6]) -> isize {
    let [a, b, c, d, e, f] = arguments;
    // SAFETY: as the caller has vouched.
    match unsafe { libc::syscall(number, a, b, c, d, e, f) } {
        -1 => -(Errno::last_raw() as isize),
        answer => answer as isize,
    }
}

/// The kernel's answer as a result: the last 4095 values are error numbers.
#[inline]
pub(crate) fn result(answer: isize) -> nix::Result<usize> {
    match answer {
        -4095..0 => Err(Errno::from_raw(-answer as i32)),
        answer => Ok(answer as usize),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_told_from_an_answer() {
        // SAFETY: `getpid` and `close` touch no memory; no descriptor has this number.
        let [id, closed] = [(libc::SYS_getpid, 0), (libc::SYS_close, usize::MAX)]
            .map(|(number, a)| result(unsafe { call(number, [a, 0, 0, 0, 0, 0]) }));
        assert_eq!(id, Ok(std::process::id() as usize));
        assert_eq!(closed, Err(Errno::EBADF));
    }
}
