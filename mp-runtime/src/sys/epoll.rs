//! The sets of `epoll_create(2)` that a program has open, and their copies in a forked child.
//!
//! A set is shared over a fork. What a child adds to it is waited for in the parent, who does not know it: tokio takes the
//! words of an event for the address of something of its own. And what a child drops is waited for no more.

use std::fs;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};

use nix::errno::Errno;

use crate::sys::direct;
use crate::sys::event;
use crate::sys::syscall::{call, result};

/// The sets that are open: of each, the numbers by which it is known. Takes nothing from any of them.
///
/// Each number is tried, as long as not all that are open were met with: one system call each, where the list of procfs takes two.
pub(crate) fn sets() -> nix::Result<Vec<Vec<RawFd>>> {
    let stranger = event::create()?;
    let stranger = stranger.as_fd();
    let mut sets: Vec<Vec<RawFd>> = Vec::new();
    let mut meet = |number: RawFd| match control(libc::EPOLL_CTL_DEL, number, stranger) {
        Err(Errno::EBADF) => false,
        // There is no such thing in it, so it is a set.
        Err(Errno::ENOENT) => {
            let known = sets.iter_mut().find(|set| set.first().is_some_and(|first| is_same(*first, number, stranger)));
            match known {
                Some(set) => set.push(number),
                None => sets.push(vec![number]),
            }
            true
        }
        _ => true,
    };
    match count() {
        None => {
            for number in listed()? {
                meet(number);
            }
        }
        // Another thread may close one that was counted.
        Some(mut left) => {
            let mut numbers = 0..LAST;
            while left > 0
                && let Some(number) = numbers.next()
            {
                left -= u64::from(meet(number));
            }
        }
    }
    Ok(sets)
}

/// No descriptor has a number beyond, unless somebody has raised the limit of the system (`fs.nr_open`).
const LAST: RawFd = 1 << 20;

/// How many descriptors are open; `None` for Linux before 6.2, which does not say.
fn count() -> Option<u64> {
    use std::os::linux::fs::MetadataExt;
    fs::metadata("/proc/thread-self/fd").ok().map(|folder| folder.st_size()).filter(|size| *size > 0)
}

/// The numbers of the open descriptors.
fn listed() -> nix::Result<Vec<RawFd>> {
    let list = fs::read_dir("/proc/thread-self/fd")
        .map_err(|error| error.raw_os_error().map_or(Errno::EIO, Errno::from_raw))?;
    Ok(list.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect())
}

/// Whether two numbers are of one set: what is put in by one can be taken out by the other.
fn is_same(one: RawFd, other: RawFd, stranger: BorrowedFd<'_>) -> bool {
    if control(libc::EPOLL_CTL_ADD, one, stranger).is_err() {
        return false;
    }
    let is_same = control(libc::EPOLL_CTL_DEL, other, stranger).is_ok();
    if !is_same {
        let _ = control(libc::EPOLL_CTL_DEL, one, stranger);
    }
    is_same
}

/// Puts `fd` into the set `number`, waiting for nothing, or takes it out.
fn control(operation: i32, number: RawFd, fd: BorrowedFd<'_>) -> nix::Result<()> {
    let nothing = libc::epoll_event { events: 0, u64: 0 };
    let place = (&raw const nothing).expose_provenance();
    let arguments = [number as usize, operation as usize, fd.as_raw_fd() as usize, place, 0, 0];
    // SAFETY: it reads one `epoll_event`, ours.
    result(unsafe { call(libc::SYS_epoll_ctl, arguments) }).map(drop)
}

/// Puts an empty set of its own in the place of each of `sets`, in a child just forked.
///
/// Whoever has a number goes on having a set, which he may use and close.
pub(crate) fn replace(sets: &[Vec<RawFd>]) -> nix::Result<()> {
    let cloexec = libc::EPOLL_CLOEXEC as usize;
    for numbers in sets {
        // SAFETY: `epoll_create1` reads no memory.
        let own = result(unsafe { call(libc::SYS_epoll_create1, [cloexec, 0, 0, 0, 0, 0]) })?;
        let replaced = numbers.iter().try_for_each(|number| {
            // SAFETY: reads no memory. The number was that of a set before the fork, and there is nobody else in this
            // process to have closed it: its owner finds a set there still.
            result(unsafe { call(libc::SYS_dup3, [own, *number as usize, cloexec, 0, 0, 0]) }).map(drop)
        });
        direct::close(own as i32);
        replaced?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    #[test]
    fn sets_are_told_from_other_descriptors_and_keep_what_is_in_them() {
        let (event, set) = (event::create().unwrap(), event::Set::new().unwrap());
        set.add(event.as_fd(), 7).unwrap();
        let again = set.as_fd().try_clone_to_owned().unwrap();
        let other = event::Set::new().unwrap();
        let found = sets().unwrap();
        assert!(found.contains(&vec![set.as_fd().as_raw_fd(), again.as_raw_fd()]));
        assert!(found.contains(&vec![other.as_fd().as_raw_fd()]));
        assert!(!found.iter().flatten().any(|number| *number == event.as_raw_fd()));
        event::signal(event.as_fd());
        assert_eq!(set.wait(Some(Instant::now())).unwrap().numbers().collect::<Vec<_>>(), [7]);
    }

    #[test]
    fn replaced_set_is_open_and_empty() {
        let (event, set) = (event::create().unwrap(), event::Set::new().unwrap());
        set.add(event.as_fd(), 7).unwrap();
        event::signal(event.as_fd());
        let again = set.as_fd().try_clone_to_owned().unwrap();
        replace(&[vec![set.as_fd().as_raw_fd(), again.as_raw_fd()]]).unwrap();
        assert_eq!(set.wait(Some(Instant::now())).unwrap().numbers().count(), 0);
        assert!(is_same(set.as_fd().as_raw_fd(), again.as_raw_fd(), event.as_fd()));
    }
}
