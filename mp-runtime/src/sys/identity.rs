//! A name for a process that no other process gets, not even one that is later given its id.
//!
//! Invariant: what [`current`] keeps is the calling process's own. The kernel wipes the page it is kept in whenever a
//! process is forked, by whatever means; a process that finds it wiped asks anew.

use std::num::NonZeroU64;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

use nix::errno::Errno;
use nix::sys::mman::{MapFlags, MmapAdvise, ProtFlags, madvise, mmap_anonymous};
use nix::sys::stat::fstat;
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid};
use nix::unistd::Pid;

use crate::sys::{direct, pidfd};

/// A process: its id, and 24 bits of a number that the kernel counts up with each process it makes.
///
/// So another process is taken for it only if it has the same id and is exactly a multiple of 16 million processes
/// younger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Identity(NonZeroU64);

/// The kernel has no ids of more bits (PID_MAX_LIMIT).
const ID_BITS: u32 = 22;

impl Identity {
    /// How many bits of a word it takes.
    pub(crate) const BITS: u32 = 46;

    /// The process behind `pidfd`, whose id is `id`; `None` where it cannot be told from others of that id.
    pub(crate) fn of(pidfd: BorrowedFd<'_>, id: i32) -> Option<Identity> {
        Identity::marked(mark(pidfd, id).ok()?, id)
    }

    fn marked(mark: u64, id: i32) -> Option<Identity> {
        let mark = mark & ((1 << (Identity::BITS - ID_BITS)) - 1);
        Identity::from_raw(mark << ID_BITS | u64::from(id.unsigned_abs()))
    }

    pub(crate) fn raw(self) -> u64 {
        self.0.get()
    }

    /// The identity in the lowest bits of `word`, if there is one.
    pub(crate) fn from_raw(word: u64) -> Option<Identity> {
        NonZeroU64::new(word & ((1 << Identity::BITS) - 1)).map(Identity)
    }

    /// Its process id.
    pub(crate) fn id(self) -> i32 {
        (self.raw() & ((1 << ID_BITS) - 1)) as i32
    }

    /// A process descriptor of it; `None` when it has ended and is reaped.
    ///
    /// # Errors
    ///
    /// When there is no descriptor to be had, or it cannot be found out whether the process of that id is it.
    pub(crate) fn open(self) -> nix::Result<Option<OwnedFd>> {
        match pidfd::open(Pid::from_raw(self.id())) {
            // Without a mark, it had no descriptor to take one from: then the id has to do.
            Ok(fd) if self.raw() >> ID_BITS == 0 => Ok(Some(fd)),
            Ok(fd) => Ok(self.is_marked(mark(fd.as_fd(), self.id()), || has_ended(fd.as_fd()))?.then_some(fd)),
            // The last two: its id is that of a thread now. Which one it is depends on the kernel's age.
            Err(Errno::ESRCH | Errno::ENOENT | Errno::EINVAL) => Ok(None),
            Err(errno) => Err(errno),
        }
    }

    /// Whether a process of its id that has this mark is it; `ended` says whether that one has ended.
    fn is_marked(self, mark: nix::Result<u64>, ended: impl FnOnce() -> bool) -> nix::Result<bool> {
        match mark {
            Ok(mark) => Ok(Identity::marked(mark, self.id()) == Some(self)),
            // It, or another of its id, which can only be there after it.
            Err(_) if ended() => Ok(false),
            Err(errno) => Err(errno),
        }
    }

    /// Whether it has ended. Where that cannot be found out, for want of a descriptor, it has not, unless it is a child of this
    /// process that has, or nobody has its id.
    pub(crate) fn has_ended(self) -> bool {
        match self.open() {
            Ok(Some(fd)) => has_ended(fd.as_fd()),
            Ok(None) => true,
            Err(_) => {
                let id = Pid::from_raw(self.id());
                child_has_ended(id).unwrap_or_else(|| nix::sys::signal::kill(id, None) == Err(Errno::ESRCH))
            }
        }
    }
}

/// Whether the child of that id has ended and is not reaped, found out without a descriptor; `None` where there is no such child.
/// No later process has its id then, so whoever was given the id has ended.
fn child_has_ended(id: Pid) -> Option<bool> {
    let look = WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG | WaitPidFlag::WNOWAIT | WaitPidFlag::__WALL;
    match waitid(Id::Pid(id), look) {
        Ok(WaitStatus::StillAlive) => Some(false),
        // The second is an end that nix has no word for.
        Ok(_) | Err(Errno::EINVAL) => Some(true),
        Err(_) => None,
    }
}

fn has_ended(pidfd: BorrowedFd<'_>) -> bool {
    pidfd::wait(pidfd, Some(std::time::Instant::now())) == Ok(true)
}

/// The calling process.
#[inline]
pub(crate) fn current() -> Identity {
    match kept().and_then(|kept| Identity::from_raw(kept.load(Ordering::Relaxed))) {
        Some(identity) => identity,
        None => ask(),
    }
}

/// Makes what is made once, before a fork: in the middle of that, by another thread, the child would wait for that thread for ever.
pub(crate) fn prepare() {
    kept();
}

/// In a process that asks first when it has no descriptor left, and then only, this is not the name that its parent has for it:
/// ends that were moved there are refused.
#[cold]
fn ask() -> Identity {
    let id = direct::id();
    let opened = pidfd::open(Pid::from_raw(id));
    let identity = opened.ok().and_then(|fd| Identity::of(fd.as_fd(), id));
    match identity.or(Identity::from_raw(u64::from(id.unsigned_abs()))) {
        Some(identity) => {
            if let Some(kept) = kept() {
                kept.store(identity.raw(), Ordering::Relaxed);
            }
            identity
        }
        None => unreachable!("no process has the id 0"),
    }
}

/// Where the identity is kept; `None` where the kernel cannot wipe it at a fork.
#[inline]
fn kept() -> Option<&'static AtomicU64> {
    static KEPT: OnceLock<Option<&'static AtomicU64>> = OnceLock::new();
    // Apart, for this is on the way of every lock, and that is not.
    match KEPT.get() {
        Some(kept) => *kept,
        None => *KEPT.get_or_init(wiped_at_fork),
    }
}

/// A word that is zero in every process forked later.
#[cold]
fn wiped_at_fork() -> Option<&'static AtomicU64> {
    let access = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
    let length = std::num::NonZeroUsize::new(super::memory::page_size())?;
    // SAFETY: a new mapping at an address the kernel picks touches no memory of ours.
    let page = unsafe { mmap_anonymous(None, length, access, MapFlags::MAP_PRIVATE) }.ok()?;
    // SAFETY: the range is the mapping just made; the advice zeroes it in processes forked later.
    unsafe { madvise(page, length.get(), MmapAdvise::MADV_WIPEONFORK) }.ok()?;
    // SAFETY: mapped for the rest of the process, aligned to a page, and accessed by atomic operations only.
    Some(unsafe { page.cast::<AtomicU64>().as_ref() })
}

/// A number that tells the process behind `pidfd` from others that had or will have its id.
fn mark(pidfd: BorrowedFd<'_>, id: i32) -> nix::Result<u64> {
    // Since Linux 6.9 each process has an inode of its own in `pidfs`; before, all had the same.
    if is_pidfs(pidfd) {
        return fstat(pidfd).map(|status| status.st_ino);
    }
    start_time(id)
}

fn is_pidfs(pidfd: BorrowedFd<'_>) -> bool {
    const PIDFS: u64 = 0x5049_4446;
    const NO: u8 = 1;
    const YES: u8 = 2;
    // Whoever comes meanwhile asks, too. Nobody waits, for it may be in a copy of this process where nobody is at it.
    static IS: AtomicU8 = AtomicU8::new(0);
    if let known @ (NO | YES) = IS.load(Ordering::Relaxed) {
        return known == YES;
    }
    let mut status = std::mem::MaybeUninit::<libc::statfs>::uninit();
    // SAFETY: the kernel writes at most a `statfs` to where it is told.
    let told = unsafe { libc::fstatfs(pidfd.as_raw_fd(), status.as_mut_ptr()) };
    // SAFETY: the call has succeeded, so it has written all of it.
    let is = told == 0 && unsafe { status.assume_init() }.f_type as u64 == PIDFS;
    IS.store(if is { YES } else { NO }, Ordering::Relaxed);
    is
}

/// When the process began, in ticks since the machine did: proc_pid_stat(5), field 22.
///
/// # Errors
///
/// When procfs does not say: there is none, it hides the process, or there is no descriptor to read it with.
fn start_time(id: i32) -> nix::Result<u64> {
    let read = std::fs::read_to_string(format!("/proc/{id}/stat"));
    let stat = read.map_err(|error| error.raw_os_error().map_or(Errno::EIO, Errno::from_raw))?;
    let behind_name = stat.rsplit_once(')').ok_or(Errno::EIO)?.1;
    behind_name.split_whitespace().nth(19).and_then(|word| word.parse().ok()).ok_or(Errno::EIO)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_itself_and_alive() {
        let me = current();
        assert_eq!((me.id(), current()), (direct::id(), me));
        assert!(!me.has_ended());
    }

    #[test]
    fn a_process_of_the_same_id_and_another_mark_has_ended() {
        let other = Identity::from_raw(current().raw() ^ 1 << ID_BITS).expect("an id is not 0");
        assert!(other.has_ended());
    }

    #[test]
    fn a_process_whose_id_is_that_of_a_thread_has_ended() {
        let (say, hear) = std::sync::mpsc::channel();
        std::thread::scope(|scope| {
            let (stay, leave) = std::sync::mpsc::channel::<()>();
            scope.spawn(move || {
                say.send(nix::unistd::gettid()).expect("it is waited for");
                // Until the other end is dropped.
                leave.recv().expect_err("nothing is sent");
            });
            let id = hear.recv().expect("the thread says its id").as_raw();
            for mark in [0, 1] {
                let was = Identity::from_raw(mark << ID_BITS | u64::from(id.unsigned_abs())).expect("an id is not 0");
                assert!(was.has_ended());
            }
            drop(stay);
        });
    }

    #[test]
    fn the_start_of_this_process_is_in_procfs() {
        assert!(start_time(direct::id()).is_ok_and(|ticks| ticks > 0));
    }

    #[test]
    fn a_process_whose_mark_cannot_be_read_has_not_ended() {
        let me = current();
        assert_eq!(me.is_marked(Err(Errno::EMFILE), || false), Err(Errno::EMFILE));
        assert_eq!(me.is_marked(Err(Errno::ENOENT), || true), Ok(false));
        assert_eq!(me.is_marked(Ok(me.raw() >> ID_BITS), || false), Ok(true));
        assert_eq!(start_time(0), Err(Errno::ENOENT));
    }
}
