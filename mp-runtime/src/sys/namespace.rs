//! PID namespaces: worlds of processes that end with their first one, and what it takes to live in one.
//!
//! Who has no right to make one makes a user namespace around it, in which he has: user_namespaces(7). What is given away or taken
//! here is the calling process's own.

use std::fs;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};

use nix::errno::Errno;
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};

/// What a new world of processes is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum World {
    /// A PID namespace.
    Processes,
    /// A user namespace, too, for those who have no right to make a PID namespace alone.
    ProcessesAndUsers,
}

impl World {
    /// The flags of `clone` and `setns` that make and enter it.
    pub(crate) fn flags(self) -> i32 {
        match self {
            World::Processes => libc::CLONE_NEWPID,
            World::ProcessesAndUsers => libc::CLONE_NEWPID | libc::CLONE_NEWUSER,
        }
    }
}

/// Has the children of the calling process, and not itself, live in the PID namespace of the process behind `pidfd`. It joins
/// the user namespace, if there is one.
pub(crate) fn enter(pidfd: BorrowedFd<'_>, world: World) -> nix::Result<()> {
    // SAFETY: takes integers only.
    Errno::result(unsafe { libc::setns(pidfd.as_raw_fd(), world.flags()) }).map(drop)
}

/// The user and the group that a process runs as.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ids {
    user: u32,
    group: u32,
}

impl Ids {
    pub(crate) fn get() -> Ids {
        // SAFETY: reads no memory and cannot fail.
        let user = unsafe { libc::geteuid() };
        // SAFETY: as above.
        let group = unsafe { libc::getegid() };
        Ids { user, group }
    }

    /// Has them be themselves in the user namespace that was made with the calling process. There are no others in it.
    pub(crate) fn map(self) -> io::Result<()> {
        let Ids { user, group } = self;
        // One that has changed its user cannot write to its own files there otherwise.
        nix::sys::prctl::set_dumpable(true)?;
        fs::write("/proc/self/uid_map", format!("{user} {user} 1"))?;
        // Else one could leave a group that is there to keep him out: user_namespaces(7).
        fs::write("/proc/self/setgroups", "deny")?;
        fs::write("/proc/self/gid_map", format!("{group} {group} 1"))
    }
}

/// Gives the calling process mounts of its own, with a procfs that tells of its PID namespace. What is mounted outside is seen
/// in them, and not the other way round.
pub(crate) fn mount_procfs() -> nix::Result<()> {
    unshare(CloneFlags::CLONE_NEWNS)?;
    mount(None::<&str>, "/", None::<&str>, MsFlags::MS_REC | MsFlags::MS_SLAVE, None::<&str>)?;
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC;
    mount(Some("proc"), "/proc", Some("proc"), flags, None::<&str>)
}

/// What a process may do beyond its user's rights: its capabilities, and whether others of its user may look into it. Who enters
/// a user namespace gets the former and loses the latter.
#[derive(Debug)]
pub(crate) struct Rights {
    capabilities: [[u32; 3]; 2],
    dumpable: bool,
}

/// The head of capget(2): version 3, the calling thread.
static HEAD: [u32; 2] = [0x2008_0522, 0];

impl Rights {
    /// Those of the calling thread.
    pub(crate) fn get() -> nix::Result<Rights> {
        let mut capabilities = [[0; 3]; 2];
        // SAFETY: writes two structures of three integers, as of version 3 of the call.
        Errno::result(unsafe { libc::syscall(libc::SYS_capget, HEAD.as_ptr(), capabilities.as_mut_ptr()) })?;
        Ok(Rights { capabilities, dumpable: nix::sys::prctl::get_dumpable()? })
    }

    /// Has the calling thread have these, and no others.
    pub(crate) fn restore(&self) -> nix::Result<()> {
        // SAFETY: reads two structures of three integers.
        Errno::result(unsafe { libc::syscall(libc::SYS_capset, HEAD.as_ptr(), self.capabilities.as_ptr()) })?;
        nix::sys::prctl::set_dumpable(self.dumpable)
    }
}
