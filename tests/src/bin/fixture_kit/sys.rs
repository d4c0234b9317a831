//! The calls that only C offers: signal dispositions, C streams, limits, and a fork that is not the framework's.
//!
//! Invariant: fixtures call these while they have one thread, unless a function says otherwise.
#![allow(unsafe_code, reason = "signal dispositions, C streams, limits and a bare fork have no safe wrapper")]

use std::ffi::{CStr, CString, c_int};
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, OwnedFd};
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};

use nix::unistd::{ForkResult, Pid};

/// How often the handler of [`handle`] has run, in this process and those it is a copy of.
pub(crate) static HANDLED: AtomicUsize = AtomicUsize::new(0);

#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) enum Disposition {
    Default,
    Ignored,
    Handled,
}

extern "C" fn handler(_: c_int) {
    HANDLED.fetch_add(1, Ordering::SeqCst);
    let text = b"handler\n";
    // SAFETY: `write` may be called in a handler; the buffer is static.
    unsafe { libc::write(libc::STDOUT_FILENO, text.as_ptr().cast(), text.len()) };
}

fn set(signal: i32, to: usize, flags: c_int) {
    // SAFETY: all zeroes is a valid action.
    let mut action: libc::sigaction = unsafe { MaybeUninit::zeroed().assume_init() };
    action.sa_sigaction = to;
    action.sa_flags = flags;
    // SAFETY: `to` is a handler that is safe in a signal, or a constant.
    assert_eq!(unsafe { libc::sigaction(signal, &action, ptr::null_mut()) }, 0);
}

/// Installs a handler that counts and prints "handler".
pub(crate) fn handle(signal: i32) {
    set(signal, handler as extern "C" fn(c_int) as usize, 0);
}

pub(crate) fn ignore(signal: i32) {
    set(signal, libc::SIG_IGN, 0);
}

pub(crate) fn default_action(signal: i32) {
    set(signal, libc::SIG_DFL, 0);
}

/// Makes a terminal that of the session that this process leads.
pub(crate) fn control(terminal: &OwnedFd) {
    // SAFETY: an open descriptor, and an integer.
    assert_eq!(unsafe { libc::ioctl(terminal.as_raw_fd(), libc::TIOCSCTTY, 0) }, 0);
}

/// Has the kernel throw the statuses of children away.
pub(crate) fn discard_statuses() {
    set(libc::SIGCHLD, handler as extern "C" fn(c_int) as usize, libc::SA_NOCLDWAIT);
}

pub(crate) fn disposition(signal: i32) -> Disposition {
    let mut action = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: asks only; the answer goes to memory of ours.
    assert_eq!(unsafe { libc::sigaction(signal, ptr::null(), action.as_mut_ptr()) }, 0);
    // SAFETY: zeroed, which is valid, then filled in.
    match unsafe { action.assume_init() }.sa_sigaction {
        libc::SIG_DFL => Disposition::Default,
        libc::SIG_IGN => Disposition::Ignored,
        _ => Disposition::Handled,
    }
}

/// Forks as a program does that does not know the framework. The new process runs `child`, then C's `exit`.
pub(crate) fn fork(child: impl FnOnce()) -> Pid {
    // SAFETY: one thread, by the invariant of this module; the child does not return from here.
    match unsafe { nix::unistd::fork() }.expect("fork") {
        ForkResult::Parent { child } => child,
        ForkResult::Child => {
            child();
            // SAFETY: one thread; the exit handlers that run are what the test is about.
            unsafe { libc::exit(0) }
        }
    }
}

/// Prints through the C library, which buffers it.
pub(crate) fn print(text: &str) {
    let text = CString::new(text).expect("no zero in it");
    // SAFETY: two zero-terminated strings, of which the first asks for the second.
    assert!(unsafe { libc::printf(c"%s".as_ptr(), text.as_ptr()) } >= 0);
}

/// A stream of the C library.
pub(crate) struct Stream(*mut libc::FILE);

impl Stream {
    pub(crate) fn create(path: &CStr) -> Stream {
        // SAFETY: two zero-terminated strings.
        let stream = unsafe { libc::fopen(path.as_ptr(), c"w".as_ptr()) };
        assert!(!stream.is_null());
        Stream(stream)
    }

    /// Writes to the buffer of the stream.
    pub(crate) fn write(&self, text: &str) {
        // SAFETY: an open stream, and the start and length of a live slice.
        assert_eq!(unsafe { libc::fwrite(text.as_ptr().cast(), 1, text.len(), self.0) }, text.len());
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        // SAFETY: opened by `create`, closed once.
        unsafe { libc::fclose(self.0) };
    }
}

/// Sets the soft limit on the number that a descriptor may have; the one before.
pub(crate) fn limit_fds(to: u64) -> u64 {
    limit(0, libc::RLIMIT_NOFILE, to)
}

/// As [`limit_fds`], of the process with this id.
pub(crate) fn limit_fds_of(id: u32, to: u64) -> u64 {
    limit(id.cast_signed(), libc::RLIMIT_NOFILE, to)
}

/// Sets the soft limit on the processes of this user, who must not be root; the one before.
pub(crate) fn limit_processes(to: u64) -> u64 {
    limit(0, libc::RLIMIT_NPROC, to)
}

/// For the process with this id, or the caller.
fn limit(id: i32, what: libc::__rlimit_resource_t, to: u64) -> u64 {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: writes to memory of ours.
    assert_eq!(unsafe { libc::prlimit(id, what, std::ptr::null(), &mut limit) }, 0);
    let before = limit.rlim_cur;
    limit.rlim_cur = to.min(limit.rlim_max);
    // SAFETY: reads memory of ours.
    assert_eq!(unsafe { libc::prlimit(id, what, &limit, std::ptr::null_mut()) }, 0);
    before
}

/// Puts an empty file system over procfs, for this process and its children. For root.
pub(crate) fn hide_procfs() {
    // SAFETY: takes flags.
    assert_eq!(unsafe { libc::unshare(libc::CLONE_NEWNS) }, 0);
    let none = ptr::null();
    // SAFETY: zero-terminated strings, and no data. Mounts made here are to be seen here only.
    assert_eq!(unsafe { libc::mount(none, c"/".as_ptr(), none, libc::MS_REC | libc::MS_PRIVATE, ptr::null()) }, 0);
    // SAFETY: as above.
    let mounted = unsafe { libc::mount(c"none".as_ptr(), c"/proc".as_ptr(), c"tmpfs".as_ptr(), 0, ptr::null()) };
    assert_eq!(mounted, 0);
}

/// Gives root's rights away, for ever, if there are any to give.
pub(crate) fn give_up_rights() {
    // SAFETY: takes nothing, and gives a number.
    let is_root = unsafe { libc::geteuid() } == 0;
    // SAFETY: takes an integer only.
    assert!(!is_root || unsafe { libc::setuid(65534) } == 0);
}

/// Ends the calling thread; the process lives on with its others.
pub(crate) fn end_thread() -> ! {
    loop {
        // SAFETY: takes an integer only. Nothing of this thread is used afterwards, for its stack is never given back.
        unsafe { libc::syscall(libc::SYS_exit, 0) };
    }
}

/// Leaves a descriptor open over `exec`.
pub(crate) fn keep_over_exec(fd: &impl std::os::fd::AsRawFd) {
    // SAFETY: takes integers only.
    assert_eq!(unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_SETFD, 0) }, 0);
}

pub(crate) fn close(number: i32) {
    // SAFETY: takes an integer only. The fixture that closes one of the first three owns none of them as a value.
    unsafe { libc::close(number) };
}

/// Forks, and goes on in both; the parent, where it is `true`, once the copy has ended well.
pub(crate) fn fork_both() -> bool {
    // SAFETY: the program has one thread, and both sides may do anything.
    match unsafe { libc::fork() } {
        0 => false,
        copy => {
            let mut status = -1;
            // SAFETY: `status` is a live integer.
            let waited = unsafe { libc::waitpid(copy, &mut status, 0) };
            assert_eq!((waited, status), (copy, 0), "the copy ends well");
            true
        }
    }
}

/// Has the kernel answer the system calls `numbers` with `errno`, in this process and all that come from it, for ever.
pub(crate) fn refuse(numbers: &[libc::c_long], errno: i32) {
    let statement = |code: u32, k: u32| libc::sock_filter { code: code as u16, jt: 0, jf: 0, k };
    // The number of the call is the first field of `seccomp_data`.
    let mut program = vec![statement(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0)];
    for number in numbers {
        let matches = statement(libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K, *number as u32);
        program.push(libc::sock_filter { jf: 1, ..matches });
        program.push(statement(libc::BPF_RET | libc::BPF_K, libc::SECCOMP_RET_ERRNO | errno as u32));
    }
    program.push(statement(libc::BPF_RET | libc::BPF_K, libc::SECCOMP_RET_ALLOW));
    let program = libc::sock_fprog { len: program.len() as u16, filter: program.as_mut_ptr() };
    // SAFETY: takes integers only.
    assert_eq!(unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1_u64, 0_u64, 0_u64, 0_u64) }, 0);
    // SAFETY: a filter of live memory, and its length.
    let set = unsafe { libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &raw const program) };
    assert_eq!(set, 0, "{}", std::io::Error::last_os_error());
}

/// A robust mutex in memory that is shared with the processes forked from now on.
pub(crate) struct RobustMutex(*mut libc::pthread_mutex_t);

impl RobustMutex {
    pub(crate) fn new() -> RobustMutex {
        let (protection, flags) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_SHARED | libc::MAP_ANONYMOUS);
        // SAFETY: a new mapping at an address the kernel picks touches no memory of ours.
        let page = unsafe { libc::mmap(ptr::null_mut(), 4096, protection, flags, -1, 0) };
        assert_ne!(page, libc::MAP_FAILED);
        let mutex = page.cast::<libc::pthread_mutex_t>();
        let mut attributes = MaybeUninit::uninit();
        // SAFETY: memory of ours, to be initialised.
        assert_eq!(unsafe { libc::pthread_mutexattr_init(attributes.as_mut_ptr()) }, 0);
        // SAFETY: initialised above.
        let attributes = unsafe { attributes.assume_init_mut() };
        // SAFETY: as above.
        assert_eq!(unsafe { libc::pthread_mutexattr_setpshared(attributes, libc::PTHREAD_PROCESS_SHARED) }, 0);
        // SAFETY: as above.
        assert_eq!(unsafe { libc::pthread_mutexattr_setrobust(attributes, libc::PTHREAD_MUTEX_ROBUST) }, 0);
        // SAFETY: a page of zeroes that nobody else uses yet, and attributes as above.
        assert_eq!(unsafe { libc::pthread_mutex_init(mutex, attributes) }, 0);
        RobustMutex(mutex)
    }

    /// Locks it, unless somebody has it; the answer of C.
    pub(crate) fn try_lock(&self) -> c_int {
        // SAFETY: initialised by `new`, mapped until the process ends.
        unsafe { libc::pthread_mutex_trylock(self.0) }
    }
}

/// Zeroes that this process shares with those it forks from now on, for as long as they live.
pub(crate) fn shared_counters(count: usize) -> &'static [AtomicUsize] {
    let length = count * size_of::<AtomicUsize>();
    let (access, flags) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_SHARED | libc::MAP_ANONYMOUS);
    // SAFETY: a new mapping at an address the kernel picks touches no memory of ours.
    let start = unsafe { libc::mmap(ptr::null_mut(), length, access, flags, -1, 0) };
    assert_ne!(start, libc::MAP_FAILED);
    // SAFETY: mapped for good, aligned to a page, zeroed, and accessed by atomic operations only.
    unsafe { std::slice::from_raw_parts(start.cast(), count) }
}

/// Reads where nothing is mapped.
pub(crate) fn crash() {
    // SAFETY: none; that is the point. The process ends here.
    unsafe { ptr::null::<u8>().wrapping_add(8).read_volatile() };
}

/// Closes all descriptors from `first` on, whoever they belong to.
pub(crate) fn close_from(first: u32) {
    // SAFETY: whoever still uses them afterwards gets an error, or another's file: that is what is tested.
    assert_eq!(unsafe { libc::syscall(libc::SYS_close_range, first, u32::MAX, 0) }, 0);
}

/// Loads a library.
pub(crate) fn load(path: &CStr) {
    // SAFETY: a path that ends with a zero; what its constructors do is the test's.
    let handle = unsafe { libc::dlopen(path.as_ptr(), libc::RTLD_NOW) };
    assert!(!handle.is_null());
}

/// Has `handler` called at each `fork`, before it and on both sides. It may run while locks of the program are held.
pub(crate) fn at_fork(handler: extern "C" fn()) {
    // SAFETY: a function that stays.
    assert_eq!(unsafe { libc::pthread_atfork(Some(handler), Some(handler), Some(handler)) }, 0);
}

/// Has `handler` called when this process, or a copy of it, exits.
pub(crate) fn at_exit(handler: extern "C" fn()) {
    // SAFETY: a function that stays.
    assert_eq!(unsafe { libc::atexit(handler) }, 0);
}

/// Ends the process, and nothing else.
pub(crate) fn leave(code: i32) -> ! {
    // SAFETY: no precondition.
    unsafe { libc::_exit(code) }
}
