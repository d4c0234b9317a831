//! The fork server: an image of the executable that makes processes for the program, and does nothing else.
//!
//! It has one thread, next to no memory, all signals blocked, and the one socket. What it makes are children of the
//! program: it passes nothing on, and knows none of them. When the program closes the socket, or is no more, it ends.

use std::os::fd::{AsFd, AsRawFd, OwnedFd};

use nix::errno::Errno;

use crate::process::newborn;
use crate::process::order::{LONGEST, Order};
use crate::sys::fork;
use crate::sys::page::Page;
use crate::sys::{direct, fdpass, lifeline, pidfd};

/// What the program is told of each order: how many orders came before it, and 0, or the error number of the `clone`.
pub(crate) type Answer = [u32; 2];

/// Serves until there is nobody to serve.
///
/// 1. The first message brings the end of a lifeline: should this process be stopped when the program ends, the kernel
///    ends it all the same.
/// 2. For each order the page of its report is mapped, and a sibling made. The kernel writes the id of the new process
///    into that page before it runs, and in the same call: whenever the server is killed, the page tells whether
///    there is a process.
/// 3. The program is told, by an answer, if it has not seen the id by then.
pub(crate) fn serve(socket: OwnedFd) -> ! {
    direct::set_name(b"mp-fork-server\0\0");
    let mut bytes = vec![0; LONGEST];
    let mut held: Option<OwnedFd> = None;
    let mut orders = 0_u32;
    loop {
        let _ = pidfd::wait(socket.as_fd(), None);
        let (length, mut fds) = match fdpass::receive(socket.as_fd(), &mut bytes) {
            Err(Errno::EAGAIN) => continue,
            Ok((0, _)) | Err(_) => direct::exit(0),
            Ok(received) => received,
        };
        if held.is_none() {
            held = fds.pop();
            if direct::own_process_group().is_err() || held.as_ref().is_none_or(|end| tie(end).is_err()) {
                direct::exit(1);
            }
            continue;
        }
        let error = make(&bytes[..length], fds, &socket, &held).err().map_or(0, |errno| errno as u32);
        let answer: Answer = [orders, error];
        orders = orders.wrapping_add(1);
        if fdpass::send(socket.as_fd(), answer.map(u32::to_ne_bytes).as_flattened(), &[]).is_err() {
            direct::exit(0);
        }
    }
}

fn tie(end: &OwnedFd) -> nix::Result<()> {
    lifeline::aim(end.as_fd())?;
    if lifeline::is_hung_up(end.as_fd()) { Err(Errno::EPIPE) } else { Ok(()) }
}

fn make(bytes: &[u8], fds: Vec<OwnedFd>, socket: &OwnedFd, held: &Option<OwnedFd>) -> nix::Result<()> {
    let order = Order::read(bytes, fds).ok_or(Errno::EBADMSG)?;
    let page = Page::of_file(order.fds.page.as_fd())?;
    fork::sibling(page, move |page| {
        // Copies of what is the server's alone. The owners are in its frames, which are never left here.
        direct::close(socket.as_raw_fd());
        held.iter().for_each(|end| direct::close(end.as_raw_fd()));
        newborn::live(order, page)
    })
}
