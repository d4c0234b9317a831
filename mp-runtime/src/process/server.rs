//! The fork server: an image of the executable that makes processes for the program, and does nothing else.
//!
//! It has one thread, next to no memory, all signals blocked, and the one socket. What it makes are children of the
//! program: it passes nothing on, and knows none of them. When the program closes the socket, or is no more, it ends.

use std::os::fd::{AsFd, AsRawFd, OwnedFd};

use nix::errno::Errno;

use crate::process::order::LONGEST;
use crate::process::{child, newborn};
use crate::sys::fork::Siblings;
use crate::sys::page::Page;
use crate::sys::{direct, fdpass, lifeline};

/// Where in the page that program and server share the id is of the process that was ordered; or the error number of the
/// `clone`, less than 0.
pub(crate) const ORDERED: usize = 0;

/// Serves until there is nobody to serve.
///
/// 1. The first message brings the end of a lifeline: should this process be stopped when the program ends, the kernel
///    ends it all the same. And it brings the page for the ids of what is made here; none of that has the page.
/// 2. What each child would look up once, by name, is looked up here.
/// 3. For each order a sibling is made, which reads the order itself. The kernel writes its id into the page before it
///    runs, and in the same call: whenever the server is killed, the page tells whether there is a process.
/// 4. The program is woken by an answer: it sleeps over each order. To look at the page for a while first costs it a
///    processor, on which the server or its child might run, and a start twice its time (measured).
pub(crate) fn serve(socket: OwnedFd) -> ! {
    direct::set_name(b"mp-fork-server\0\0");
    let mut bytes = vec![0; LONGEST];
    let Ok((held, ids)) = first(&socket, &mut bytes) else { direct::exit(1) };
    let Ok(siblings) = Siblings::prepare() else { direct::exit(1) };
    child::flush();
    loop {
        let made = match fdpass::wait(socket.as_fd(), &mut bytes) {
            Ok((0, _)) => direct::exit(0),
            Ok((length, fds)) => siblings.make(&ids, ORDERED, || {
                // Copies of what is the server's alone. The owners are in its frames, which are never left here.
                direct::close(socket.as_raw_fd());
                direct::close(held.as_raw_fd());
                newborn::be_born(&bytes[..length], fds)
            }),
            // More descriptors than this process can have: what there were are gone again.
            Err(Errno::EMFILE) => Err(Errno::EMFILE),
            Err(_) => direct::exit(0),
        };
        if let Err(errno) = made {
            ids.set_id(ORDERED, -(errno as i32));
        }
        if fdpass::send(socket.as_fd(), &[1], &[]) == Err(Errno::EPIPE) {
            direct::exit(0);
        }
    }
}

/// Takes the first message: the lifeline, to which this process is tied, and the page.
fn first(socket: &OwnedFd, bytes: &mut [u8]) -> nix::Result<(OwnedFd, Page)> {
    let (_, mut fds) = fdpass::wait(socket.as_fd(), bytes)?;
    let (Some(file), Some(held)) = (fds.pop(), fds.pop()) else { return Err(Errno::EBADMSG) };
    direct::own_process_group()?;
    lifeline::aim(held.as_fd())?;
    if lifeline::is_hung_up(held.as_fd()) {
        return Err(Errno::EPIPE);
    }
    let ids = Page::of_file(file.as_fd())?;
    ids.hide();
    Ok((held, ids))
}
