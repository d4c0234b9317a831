//! The yardstick: `fork` and `waitpid` with nothing around them.
//!
//! Invariant: a child makes system calls only, so it is sound whatever state the parent's locks were in.
#![allow(unsafe_code, reason = "raw system calls are what the other contenders are measured against")]
#![allow(clippy::multiple_unsafe_ops_per_block, reason = "a sequence of system calls is the point of it")]

use std::io::Error;
use std::sync::OnceLock;
use std::time::Duration;
use std::{mem, ptr};

/// For how long [`fork_and_look`] is awake.
const AWAKE: Duration = Duration::from_micros(400);

/// Forks a child that ends at once and waits for it.
///
/// # Panics
///
/// If either call fails: there is nothing to measure then.
pub fn fork_and_wait() {
    reap(fork());
}

/// Forks a child that ends at once; its id.
fn fork() -> libc::pid_t {
    // SAFETY: the child has one thread and calls only `_exit`, which is async-signal-safe.
    match unsafe { libc::fork() } {
        -1 => panic!("`fork` failed: {}", Error::last_os_error()),
        // SAFETY: `_exit` has no precondition.
        0 => unsafe { libc::_exit(0) },
        pid => pid,
    }
}

/// The same, but looks for the child's end awake and sleeps only when that takes longer than 0.4 ms.
///
/// # Panics
///
/// If a call fails: there is nothing to measure then.
pub fn fork_and_look() {
    let pid = fork();
    let begin = now();
    while now() - begin < AWAKE {
        // SAFETY: `sched_yield` has no precondition, and `waitpid` accepts a null status.
        let reaped = unsafe {
            libc::sched_yield();
            libc::waitpid(pid, ptr::null_mut(), libc::WNOHANG)
        };
        if reaped == pid {
            return;
        }
    }
    reap(pid);
}

/// The same with the system calls that a safe start makes, and nothing else.
///
/// The parent blocks signals, notes which handlers of faults there are, makes the child by a `clone3` that clears handlers, opens a
/// process descriptor and waits by it. The child puts those handlers back, leads a process group, arms its death signal, checks its
/// parent, sets its name, and unblocks signals. Left out is what takes memory: a report, a lifeline, output that is flushed.
///
/// # Panics
///
/// If `clone3` or the wait fails: there is nothing to measure then.
pub fn fork_with_safety_calls_and_wait() {
    const FAULTS: [i32; 8] =
        [libc::SIGSEGV, libc::SIGBUS, libc::SIGILL, libc::SIGFPE, libc::SIGTRAP, libc::SIGSYS, 32, 33];
    const CLEAR_HANDLERS: u64 = 1 << 32;
    static THREAD: OnceLock<[usize; 2]> = OnceLock::new();
    let [id, robust] = *THREAD.get_or_init(places_of_thread);
    let all = u64::MAX;
    let mut before = 0_u64;
    let mut actions = [[0_usize; 4]; FAULTS.len()];
    // SAFETY: the calls read and write memory of this frame, as large as they are told.
    unsafe {
        libc::syscall(libc::SYS_rt_sigprocmask, libc::SIG_SETMASK, &raw const all, &raw mut before, 8_usize);
        for (signal, action) in FAULTS.into_iter().zip(&mut actions) {
            libc::syscall(libc::SYS_rt_sigaction, signal, NONE, action.as_mut_ptr(), 8_usize);
        }
    }
    let flags = CLEAR_HANDLERS | (libc::CLONE_CHILD_SETTID | libc::CLONE_CHILD_CLEARTID) as u64;
    let arguments = [flags, 0, id as u64, 0, libc::SIGCHLD as u64, 0, 0, 0];
    // SAFETY: without `CLONE_VM` the child goes on with a copy of this stack. It has one thread and makes system calls only, which
    // read memory of this frame.
    match unsafe { libc::syscall(libc::SYS_clone3, arguments.as_ptr(), size_of_val(&arguments)) } {
        -1 => panic!("`clone3` failed: {}", Error::last_os_error()),
        // SAFETY: as above; the list is that of this thread, and empty.
        0 => unsafe {
            libc::syscall(libc::SYS_set_robust_list, robust, 24_usize);
            for (signal, action) in FAULTS.into_iter().zip(&actions).filter(|(_, action)| action[0] > 1) {
                libc::syscall(libc::SYS_rt_sigaction, signal, action.as_ptr(), NONE, 8_usize);
            }
            libc::syscall(libc::SYS_setpgid, NONE, NONE);
            libc::syscall(libc::SYS_prctl, libc::PR_SET_PDEATHSIG, libc::SIGKILL as libc::c_long, NONE, NONE, NONE);
            libc::syscall(libc::SYS_getppid);
            libc::syscall(libc::SYS_prctl, libc::PR_SET_NAME, c"empty".as_ptr(), NONE, NONE, NONE);
            libc::syscall(libc::SYS_rt_sigprocmask, libc::SIG_SETMASK, &raw const before, NONE, 8_usize);
            libc::_exit(0)
        },
        // SAFETY: the descriptor is made, used and closed here; the wait writes to a `siginfo_t` of this frame.
        pid => unsafe {
            let pidfd = libc::syscall(libc::SYS_pidfd_open, pid, NONE) as libc::c_int;
            libc::syscall(libc::SYS_rt_sigprocmask, libc::SIG_SETMASK, &raw const before, NONE, 8_usize);
            let mut info: libc::siginfo_t = mem::zeroed();
            let waited = libc::waitid(libc::P_PIDFD, pidfd as libc::id_t, &mut info, libc::WEXITED);
            assert_eq!(waited, 0, "`waitid` failed: {}", Error::last_os_error());
            libc::close(pidfd);
        },
    }
}

const NONE: libc::c_long = 0;

/// Where the C library keeps the id of this thread, and its list of robust mutexes: a `clone3` has to be told.
fn places_of_thread() -> [usize; 2] {
    let [mut id, mut robust, mut size] = [0_usize; 3];
    // SAFETY: both calls write to places of this frame.
    let asked = unsafe {
        let asked = libc::syscall(libc::SYS_prctl, libc::PR_GET_TID_ADDRESS, &raw mut id, NONE, NONE, NONE);
        asked + libc::syscall(libc::SYS_get_robust_list, NONE, &raw mut robust, &raw mut size)
    };
    assert_eq!(asked, 0, "the kernel does not tell what a thread has told it");
    [id, robust]
}

/// How long it is from before a `fork` until its child runs. Waits for the child, which is not part of it.
///
/// # Panics
///
/// If a call fails: there is nothing to measure then.
pub fn until_child_runs() -> Duration {
    let (protection, flags) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_SHARED | libc::MAP_ANONYMOUS);
    // SAFETY: a new mapping at an address the kernel picks.
    let page = unsafe { libc::mmap(ptr::null_mut(), 4096, protection, flags, -1, 0) };
    assert_ne!(page, libc::MAP_FAILED, "`mmap` failed: {}", Error::last_os_error());
    let ran = page.cast::<u64>();
    let start = now();
    // SAFETY: the child has one thread, reads the clock, writes to the page, and calls `_exit`.
    match unsafe { libc::fork() } {
        -1 => panic!("`fork` failed: {}", Error::last_os_error()),
        // SAFETY: a page of ours, aligned; `_exit` has no precondition.
        0 => unsafe {
            ran.write_volatile(now().as_nanos() as u64);
            libc::_exit(0)
        },
        pid => reap(pid),
    }
    // SAFETY: written by the child, which has ended; then the page is not used any more.
    let ran = unsafe {
        let nanos = ran.read_volatile();
        libc::munmap(page, 4096);
        nanos
    };
    Duration::from_nanos(ran) - start
}

/// The monotonic clock.
pub fn now() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: writes a time, to a place of this frame.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &mut time) };
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec.unsigned_abs() as u32)
}

/// Waits until the child `pid` has ended and removes its zombie.
///
/// # Panics
///
/// If `pid` is not an unreaped child of this process.
pub fn reap(pid: libc::pid_t) {
    // SAFETY: `waitpid` accepts a null status, and writes nowhere else.
    let reaped = unsafe { libc::waitpid(pid, ptr::null_mut(), 0) };
    assert_eq!(reaped, pid, "`waitpid` failed: {}", Error::last_os_error());
}

/// Tells the tracer of `cargo xtask sweep --peers` that the program begins: by a call that fails, with an argument that
/// nobody else would give.
pub fn mark() {
    // SAFETY: `getsid` reads no memory.
    unsafe { libc::getsid(0x005e_edfa) };
}

/// Has the calling thread, and those it starts, run on `core` only, or on all of the first 64.
///
/// # Panics
///
/// If there is no such core.
pub fn run_on(core: Option<usize>) {
    // SAFETY: all zeroes is an empty set.
    let mut cores: libc::cpu_set_t = unsafe { mem::zeroed() };
    for number in core.map_or(0..64, |core| core..core + 1) {
        // SAFETY: the number is below the size of the set.
        unsafe { libc::CPU_SET(number, &mut cores) };
    }
    // SAFETY: the kernel reads as many bytes as the set has.
    let set = unsafe { libc::sched_setaffinity(0, size_of::<libc::cpu_set_t>(), &cores) };
    assert_eq!(set, 0, "`sched_setaffinity` failed: {}", Error::last_os_error());
}

/// The core that the caller runs on.
pub fn core() -> u64 {
    // SAFETY: the call reads and writes no memory of ours.
    u64::from(unsafe { libc::sched_getcpu() }.unsigned_abs())
}

/// The processor time that a process has used up so far, all of its threads together; without an id, of the calling one.
///
/// # Panics
///
/// If there is no such process.
pub fn cpu_time(id: Option<u32>) -> Duration {
    let mut clock = libc::CLOCK_PROCESS_CPUTIME_ID;
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the calls write a clock's number and a time, to places of this frame.
    let read = unsafe {
        let found = id.map_or(0, |id| libc::clock_getcpuclockid(id.cast_signed(), &mut clock));
        found == 0 && libc::clock_gettime(clock, &mut time) == 0
    };
    assert!(read, "there is no process {id:?}");
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec.unsigned_abs() as u32)
}

/// Lets a millisecond pass.
pub fn pause_a_millisecond() {
    pause(Duration::from_millis(1));
}

/// Lets time pass, less than a second.
pub fn pause(time: Duration) {
    let time = libc::timespec { tv_sec: 0, tv_nsec: time.subsec_nanos().into() };
    // SAFETY: the time is of this frame, and what is left of it is not asked for.
    unsafe { libc::nanosleep(&time, ptr::null_mut()) };
}
