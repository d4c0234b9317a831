//! Sleeping on a word, and changing a word together with the wake-up that the change calls for.
//!
//! Words are in memory that processes share: the kernel finds sleepers by the memory and not by its address.

use std::sync::atomic::AtomicU32;
use std::time::Instant;

use nix::errno::Errno;

use crate::sys::clock;
use crate::sys::syscall::call;

/// What [`change_and_wake`] does to a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    /// Sets it. The kernel has 12 bits for a number: at most 2047.
    Set(u32),
    /// Adds to it, wrapping around; from -2048 to 2047.
    Add(i32),
}

/// Sleeps while `word` is `expected`, at most until `deadline`. May return early, for no reason.
pub(crate) fn wait(word: &AtomicU32, expected: u32, deadline: Option<Instant>) {
    let now = deadline.map(|_| Instant::now());
    let left = deadline.zip(now).map(|(deadline, now)| deadline.saturating_duration_since(now));
    // Absolute, by the monotonic clock, so that a signal in between costs no time.
    let until = left.map(|left| {
        let until = clock::now().saturating_add(left);
        libc::timespec {
            tv_sec: libc::time_t::try_from(until.as_secs()).unwrap_or(libc::time_t::MAX),
            tv_nsec: until.subsec_nanos().into(),
        }
    });
    let until = until.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
    let (operation, all) = (libc::FUTEX_WAIT_BITSET, u32::MAX);
    let nobody: *const u32 = std::ptr::null();
    // SAFETY: `word` and `until` are live, or null for no deadline; the kernel only reads them.
    unsafe { libc::syscall(libc::SYS_futex, word.as_ptr(), operation, expected, until, nobody, all) };
}

/// Wakes all who sleep on `word`.
pub(crate) fn wake(word: &AtomicU32) {
    let place = word.as_ptr().expose_provenance();
    // SAFETY: the word is live, and the kernel only looks at where it is.
    unsafe { call(libc::SYS_futex, [place, libc::FUTEX_WAKE as usize, ALL as usize, 0, 0, 0]) };
}

/// Changes `word` and wakes up to `count` of those that sleep on `sleepers`, which may be the same word; how many it woke.
///
/// One system call does both, and a process is killed before a system call or after it: there is no moment at which
/// the word has its new value and nobody is left to wake the sleepers.
pub(crate) fn change_and_wake(word: &AtomicU32, change: Change, sleepers: &AtomicU32, count: i32) -> u32 {
    // From the kernel's header: `FUTEX_OP(op, oparg, cmp, cmparg)`. The comparison is for a second group to wake: none.
    let (operation, argument) = match change {
        Change::Set(to) => (0, to),
        Change::Add(by) => (1, by as u32),
    };
    debug_assert!(argument.wrapping_add(2048) < 4096);
    let encoded = operation << 28 | (argument & 0xfff) << 12;
    let none: usize = 0;
    loop {
        // SAFETY: both words are live; the kernel changes `word` atomically.
        let woken = unsafe {
            libc::syscall(libc::SYS_futex, sleepers.as_ptr(), libc::FUTEX_WAKE_OP, count, none, word.as_ptr(), encoded)
        };
        match Errno::result(woken) {
            Ok(woken) => return woken as u32,
            // The memory is mapped and writable, so what is left are the kernel's "try again"s.
            Err(Errno::EAGAIN | Errno::EINTR) => {}
            Err(errno) => unreachable!("a futex of live memory: {errno}"),
        }
    }
}

/// All of those that sleep.
pub(crate) const ALL: i32 = i32::MAX;

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering::SeqCst;
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_word_is_changed_by_what_was_asked() {
        let (word, other) = (AtomicU32::new(7), AtomicU32::new(0));
        change_and_wake(&word, Change::Set(2047), &other, ALL);
        assert_eq!(word.load(SeqCst), 2047);
        change_and_wake(&word, Change::Add(-2047), &other, ALL);
        assert_eq!(word.load(SeqCst), 0);
        change_and_wake(&word, Change::Add(-1), &word, ALL);
        assert_eq!(word.load(SeqCst), u32::MAX);
        change_and_wake(&word, Change::Add(2), &word, 1);
        assert_eq!((word.load(SeqCst), other.load(SeqCst)), (1, 0));
    }

    #[test]
    fn a_sleeper_is_woken_by_the_change_of_another_word() {
        let (state, turn) = (AtomicU32::new(1), AtomicU32::new(5));
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while state.load(SeqCst) == 1 {
                    wait(&turn, 5, None);
                }
            });
            // Until it sleeps, and is woken, the number is 0.
            while change_and_wake(&state, Change::Set(1), &turn, ALL) == 0 {
                std::thread::yield_now();
            }
            change_and_wake(&state, Change::Set(0), &turn, ALL);
        });
    }

    #[test]
    fn a_deadline_ends_a_sleep_and_not_before() {
        let (word, start) = (AtomicU32::new(0), Instant::now());
        let deadline = start + Duration::from_millis(10);
        while Instant::now() < deadline {
            wait(&word, 0, Some(deadline));
        }
        assert!(start.elapsed() < Duration::from_secs(5));
    }
}
