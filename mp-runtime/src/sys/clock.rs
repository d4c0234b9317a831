//! Clocks for who has the C library at hand, which mostly reads them without a system call; and short naps.

use std::time::Duration;

/// The monotonic clock, the one that [`direct::now`](crate::sys::direct::now) asks for.
pub(crate) fn now() -> Duration {
    let time = read(libc::CLOCK_MONOTONIC);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec as u32)
}

/// Milliseconds, some of them late: the kernel counts them with its ticks. Costs next to nothing.
#[inline]
pub(crate) fn coarse() -> u64 {
    let time = read(libc::CLOCK_MONOTONIC_COARSE);
    time.tv_sec.unsigned_abs() * 1000 + time.tv_nsec.unsigned_abs() / 1_000_000
}

#[inline]
fn read(clock: libc::clockid_t) -> libc::timespec {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `time` is a `timespec` of ours; the clock exists.
    unsafe { libc::clock_gettime(clock, &raw mut time) };
    time
}

/// Lets a short time pass, or less: for where nothing tells that it is time.
pub(crate) fn nap(time: Duration) {
    let time = libc::timespec { tv_sec: 0, tv_nsec: i64::from(time.subsec_nanos()) };
    // SAFETY: `time` is a `timespec` of ours; what is left of it is not asked for.
    unsafe { libc::nanosleep(&raw const time, std::ptr::null_mut()) };
}

#[cfg(test)]
mod tests {
    use crate::sys::direct;

    #[test]
    fn it_is_the_same_clock() {
        let before = direct::now();
        let between = super::now();
        assert!(before <= between && between <= direct::now());
    }
}
