//! The first process of a namespace. It waits for the end of the process outside, and does no more.

use std::convert::Infallible;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::time::Duration;

use nix::errno::Errno;

use crate::process::isolation::error::Step;
use crate::sys::direct;
use crate::sys::namespace::{self, Ids, World};

/// What it is called.
pub(super) const NAME: &[u8] = b"mp-first";

/// How many bytes it says.
pub(super) const NEWS: usize = 8;

/// Lives its life. It has all signals blocked, and the two descriptors.
///
/// 1. Its end is tied to that of the process outside: by the death signal, which stops for nothing, *then* by waiting for it, which sees
///    also a death before the signal was armed.
/// 2. What it adopts is reaped by the kernel: it ignores SIGCHLD.
/// 3. It tries what the program will do, so that a refusal comes before anything has changed there: to map its ids, and to mount procfs.
/// 4. It says how that went.
pub(super) fn run(world: World, ids: Ids, outside: BorrowedFd<'_>, teller: BorrowedFd<'_>) -> Infallible {
    direct::set_name(&name());
    let _ = direct::own_session();
    let armed = direct::die_with_parent().map_err(|errno| (Step::DeathSignal, errno as i32));
    if direct::has_ended(outside, Duration::ZERO) {
        direct::exit(1);
    }
    direct::ignore(libc::SIGCHLD);
    let ready = armed.and_then(|()| prepare(world, ids));
    let said = tell(teller, ready);
    direct::close(teller.as_raw_fd());
    if ready.is_err() || said.is_err() {
        direct::exit(1);
    }
    while !direct::has_ended(outside, Duration::from_secs(3600)) {}
    direct::exit(0)
}

fn name() -> [u8; 16] {
    let mut name = [0; 16];
    name[..NAME.len()].copy_from_slice(NAME);
    name
}

fn prepare(world: World, ids: Ids) -> Result<(), (Step, i32)> {
    if world == World::ProcessesAndUsers {
        ids.map().map_err(|error| (Step::Ids, error.raw_os_error().unwrap_or(libc::EIO)))?;
    }
    namespace::mount_procfs().map_err(|errno| (Step::Procfs, errno as i32))
}

fn tell(teller: BorrowedFd<'_>, ready: Result<(), (Step, i32)>) -> nix::Result<()> {
    let (step, errno) = ready.map_or_else(|(step, errno)| (step as i32, errno), |()| (0, 0));
    let mut news = [0; NEWS];
    news[..4].copy_from_slice(&step.to_ne_bytes());
    news[4..].copy_from_slice(&errno.to_ne_bytes());
    loop {
        match nix::unistd::write(teller, &news) {
            Err(Errno::EINTR) => {}
            written => return written.map(drop),
        }
    }
}

/// What it has said.
pub(super) fn read(news: [u8; NEWS]) -> Result<(), (Step, i32)> {
    let [a, b, c, d, errno @ ..] = news;
    match (i32::from_ne_bytes([a, b, c, d]), i32::from_ne_bytes(errno)) {
        (_, 0) => Ok(()),
        (step, errno) => Err((Step::ALL.into_iter().find(|one| *one as i32 == step).unwrap_or(Step::Namespace), errno)),
    }
}
