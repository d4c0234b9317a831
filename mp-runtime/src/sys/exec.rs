//! Running this executable again, with a word to the new process that `main` and its arguments know nothing of.
//!
//! The word is a variable of its environment, and taken out of it before anything else runs: the [`hook!`] sees to that.

use std::ffi::{CStr, CString, OsString};
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::os::unix::ffi::OsStringExt;
use std::sync::atomic::{AtomicBool, Ordering};

use nix::errno::Errno;
use nix::spawn::{PosixSpawnAttr, PosixSpawnFileActions, posix_spawn};
use nix::unistd::Pid;

use crate::sys::{direct, image};

/// The variable.
const WORD: &CStr = c"MP_RUNTIME_IMAGE";

/// What a new process is told to be: a letter.
pub(crate) type Role = char;

/// Runs this executable, with the arguments and the environment of this process, as `role`, with `socket` open, and of the
/// other descriptors those that are not close-on-exec.
///
/// All signals are blocked in the new process if they are in the calling thread.
///
/// # Errors
///
/// Those of posix_spawn(3).
pub(crate) fn run(role: Role, socket: BorrowedFd<'_>) -> nix::Result<Pid> {
    let text = |text: OsString| CString::new(text.into_vec()).map_err(|_| Errno::EINVAL);
    let arguments: Vec<CString> = std::env::args_os().map(text).collect::<Result<_, _>>()?;
    let word = format!("{}={role}{}", WORD.to_string_lossy(), socket.as_raw_fd());
    let variables = std::env::vars_os().map(|(mut name, value)| {
        name.push("=");
        name.push(value);
        text(name)
    });
    let environment: Vec<CString> = std::iter::once(text(word.into())).chain(variables).collect::<Result<_, _>>()?;
    let mut actions = PosixSpawnFileActions::init()?;
    // The same number: all this does is to keep it open.
    actions.add_dup2(socket.as_raw_fd(), socket.as_raw_fd())?;
    posix_spawn(c"/proc/self/exe", &actions, &PosixSpawnAttr::init()?, &arguments, &environment)
}

/// Why this executable cannot be run again as a part of this program, if so.
pub(crate) fn obstacle() -> Option<&'static str> {
    if is_privileged() {
        return Some("it has privileges that who runs it lacks (setuid, setgid, capabilities), so it takes no orders");
    }
    if image::is_run_by_another() {
        return Some("it was not run itself, but by a loader (`ld.so`), which would be run in its place");
    }
    None
}

/// Whether this process has got privileges by its executable that who runs it lacks. Then nothing that came with the
/// environment or by descriptors is to be trusted.
fn is_privileged() -> bool {
    // SAFETY: looks up a number that the kernel has left.
    unsafe { libc::getauxval(libc::AT_SECURE) != 0 }
}

/// What this process was told to be, and its socket, if it was; asked once, before `main`.
///
/// Who was told to be one of `roles` and cannot be it ends: `main` is not for it.
pub(crate) fn told(roles: [Role; 2]) -> Option<(Role, OwnedFd)> {
    // SAFETY: before `main` there is one thread, and nobody else has the environment in hands.
    let word = unsafe { libc::getenv(WORD.as_ptr()) };
    if word.is_null() {
        return None;
    }
    // SAFETY: a string of the environment.
    let word = unsafe { CStr::from_ptr(word) }.to_str().ok()?.to_owned();
    // SAFETY: as above.
    unsafe { libc::unsetenv(WORD.as_ptr()) };
    let role = word.chars().next().filter(|role| roles.contains(role))?;
    if is_privileged() {
        return None;
    }
    let Some(socket) = socket(&word[role.len_utf8()..]) else { direct::exit(1) };
    close_others(socket.as_raw_fd());
    BECOMING.store(true, Ordering::Relaxed);
    Some((role, socket))
}

/// The socket of this number; `None` if there is none.
fn socket(number: &str) -> Option<OwnedFd> {
    let number: i32 = number.parse().ok().filter(|number| *number > libc::STDERR_FILENO)?;
    let mut kind = 0;
    let mut length = size_of::<i32>() as libc::socklen_t;
    let place = (&raw mut kind).cast();
    // SAFETY: writes an integer, to a place of ours. Who has set the variable by mistake has no such socket.
    let asked = unsafe { libc::getsockopt(number, libc::SOL_SOCKET, libc::SO_TYPE, place, &mut length) };
    if asked != 0 || kind != libc::SOCK_SEQPACKET {
        return None;
    }
    // SAFETY: open, as was just seen, and left to us by who has run this executable.
    let socket = unsafe { OwnedFd::from_raw_fd(number) };
    nix::fcntl::fcntl(&socket, nix::fcntl::FcntlArg::F_SETFD(nix::fcntl::FdFlag::FD_CLOEXEC)).ok()?;
    Some(socket)
}

/// Whether this is an image whose constructors are running: what they start would run them again, and so on.
static BECOMING: AtomicBool = AtomicBool::new(false);

/// Whether this is an image whose constructors are running; the first of them before it is [`told`].
pub(crate) fn is_becoming() -> bool {
    BECOMING.load(Ordering::Relaxed) || std::env::var_os(&*WORD.to_string_lossy()).is_some()
}

/// Notes that the constructors have run.
pub(crate) fn is_there() {
    BECOMING.store(false, Ordering::Relaxed);
}

/// Closes what came along beside the standard streams and `kept`.
fn close_others(kept: i32) {
    let kept = kept as libc::c_uint;
    for (first, last) in [(3, kept - 1), (kept + 1, libc::c_uint::MAX)] {
        if first <= last {
            // SAFETY: before `main` nothing in this process owns a descriptor but the socket.
            unsafe { libc::syscall(libc::SYS_close_range, first, last, 0) };
        }
    }
}

/// Has `$function` called before `main`, in every process of an executable that has this crate in it.
///
/// It is called among the constructors of the executable, with what these are given.
macro_rules! hook {
    ($function:path) => {
        #[used]
        #[allow(unsafe_code, reason = "the place where the C library looks for functions to call before `main`")]
        // SAFETY: the section is an array of such functions.
        #[unsafe(link_section = ".init_array")]
        static HOOK: $crate::sys::image::Constructor = $function;
    };
}
pub(crate) use hook;
