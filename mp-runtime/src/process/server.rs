//! The fork server: an image of the executable that makes processes for the program, and does nothing else.
//!
//! It has one thread, next to no memory, all signals blocked but SIGTERM, and the one socket. What it makes are children of the
//! program: it passes nothing on, and knows none of them. When the program closes the socket, or is no more, it ends.

use std::convert::Infallible;
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};

use nix::errno::Errno;

use crate::process::child;
use crate::process::newborn::{self, Unborn};
use crate::process::order::Message;
use crate::process::seed;
use crate::sys::fork::{Born, Handlers, Siblings};
use crate::sys::near::{lay_near, near};
use crate::sys::page::Page;
use crate::sys::{direct, fdpass, lifeline, thread};

/// Where in the page that program and server share the id is of the process that was ordered; or, less than 0, the error
/// number for which there is none: of reading the order, or of the `clone`.
pub(crate) const ORDERED: usize = 0;

/// The word by which the server says that it is done with the order: 0 until then. The program sleeps on it.
pub(crate) const ANSWERED: usize = 1;

/// What is told in the place of an error of the kernel's when this process has threads.
pub(crate) const BESIDE_THREADS: Errno = Errno::EDEADLK;

/// What asks for a process that waits for its order: where its id goes, and whether it is a child of the first thread of the
/// program, whose id it is.
pub(crate) type Ahead = [u32; 3];

/// Serves until there is nobody to serve.
///
/// 1. The first message brings the end of a lifeline: should this process be stopped when the program ends, the kernel
///    ends it all the same. And it brings the page for the ids of what is made here; none of that has the page.
/// 2. What each child would look up once, by name, is looked up here.
/// 3. For each order a sibling is made. The order is read before: what that takes is here, and would be a page fault each in a child.
///    The kernel writes the id of the sibling into the page before that runs, and in the same call: whenever the server is killed, the
///    page tells whether there is a process.
/// 4. A short message asks for a sibling that waits for its order. Nobody waits for that: it is not answered.
/// 5. The program sleeps until the page tells that its order is dealt with, and is woken. To look at the page for a while first costs it a
///    processor, on which the server or its child might run, and a start twice its time (measured by hand, when it was a message that
///    woke the program).
#[inline(always)]
fn attend(socket: OwnedFd) -> ! {
    direct::set_name(b"mp-fork-server\0\0");
    let Ok((held, ids)) = first(&socket) else { direct::exit(1) };
    // A constructor has started a thread: what is forked beside it might find a lock held for ever.
    let siblings = if thread::is_threaded() { Err(BESIDE_THREADS) } else { Siblings::prepare() };
    child::flush(&io::stdout());
    let_go_of_streams();
    // With this a program is told to end whose runtime cannot end the server, for a signal stops it.
    direct::unblock(1 << (libc::SIGTERM - 1));
    // For each order the same, so that few pages are written to.
    let mut bytes = vec![0; Message::LONGEST];
    loop {
        let servers = [&socket, &held];
        let mut unborn = None;
        let (length, fds) = match fdpass::wait_with(socket.as_fd(), &mut bytes) {
            Ok((0, _)) | Err(_) => direct::exit(0),
            Ok(received) => received,
        };
        let order = &bytes[..length];
        seed::turn_hash_keys(1); // a constructor may have made some
        if let Some([place, by_first_thread, program]) = ahead(order) {
            // What is not made is missed when it is looked for.
            let (Ok(siblings), Ok(fds)) = (&siblings, fds) else { continue };
            let ahead = MadeAhead { servers, by_first_thread: by_first_thread != 0, program: program as i32, fds };
            let _ = siblings.make(&ids, place as usize % Page::WORDS, ahead);
            continue;
        }
        let made = siblings.as_ref().map_err(|errno| *errno).and_then(|siblings| {
            let fds = fds?; // more than this process can have: those there were are gone again
            unborn = Some(Unborn::read(order, fds)?);
            siblings.make(&ids, ORDERED, Made { servers, unborn: &mut unborn })
        });
        if let Err(errno) = made {
            ids.set_id(ORDERED, -(errno as i32));
        }
        // Before the answer: no descriptor of a start that has returned is open here, for somebody may wait to see it closed.
        unborn.into_iter().for_each(Unborn::discard);
        ids.set_id(ANSWERED, 1);
        ids.wake(ANSWERED);
        if siblings.as_ref().is_err_and(|errno| *errno != BESIDE_THREADS) {
            direct::exit(1); // it could not look at itself just now: another one may
        }
    }
}

/// Closes a sibling's copies of what is the server's alone, the socket and the lifeline. By number: their owners are in a frame of the server,
/// which a child never leaves.
#[inline(always)] // see `sys::near`
fn let_go([socket, held]: [&OwnedFd; 2]) {
    direct::close(socket.as_raw_fd());
    direct::close(held.as_raw_fd());
}

/// A sibling that was ordered.
struct Made<'a> {
    servers: [&'a OwnedFd; 2],
    unborn: &'a mut Option<Unborn>,
}

impl Born for Made<'_> {
    #[inline(always)]
    fn live(self, _: Handlers) -> Infallible {
        let_go(self.servers);
        match self.unborn.take() {
            Some(unborn) => unborn.live(),
            None => direct::exit(1), // it was put there just now
        }
    }
}

/// A sibling that waits for its order.
struct MadeAhead<'a> {
    servers: [&'a OwnedFd; 2],
    by_first_thread: bool,
    program: i32,
    fds: Vec<OwnedFd>,
}

impl Born for MadeAhead<'_> {
    fn live(self, _: Handlers) -> Infallible {
        let_go(self.servers);
        newborn::wait_to_be_born(self.by_first_thread, self.program, self.fds)
    }
}

near! {
    server:
    /// Serves: [`attend`], which is too long to stand in a macro. A child goes on from `clone3` in this frame, so it is laid out, too.
    #[inline(never)]
    pub(crate) fn serve(socket: OwnedFd) -> ! {
        lay_near!(weight: 1, self::serve => child::run);
        attend(socket)
    }
}

/// Keeps neither the streams nor the directory of the program open, which may want to let go of them. What is made gets these
/// with its order.
fn let_go_of_streams() {
    use nix::fcntl::{OFlag, open};
    use nix::unistd::{chdir, dup2_stderr, dup2_stdin, dup2_stdout};
    let _ = chdir("/");
    if let Ok(null) = open("/dev/null", OFlag::O_RDWR | OFlag::O_CLOEXEC, nix::sys::stat::Mode::empty()) {
        let _ = (dup2_stdin(&null), dup2_stdout(&null), dup2_stderr(&null));
    }
}

fn ahead(bytes: &[u8]) -> Option<Ahead> {
    let bytes: [u8; size_of::<Ahead>()] = bytes.try_into().ok()?;
    let (words, _) = bytes.as_chunks();
    Some([0, 1, 2].map(|word| u32::from_ne_bytes(words[word])))
}

/// Takes the first message: the lifeline, to which this process is tied, and the page.
fn first(socket: &OwnedFd) -> nix::Result<(OwnedFd, Page)> {
    let mut fds = fdpass::wait(socket.as_fd())?.1?;
    fdpass::let_wait(socket.as_fd())?;
    let (Some(file), Some(held)) = (fds.pop(), fds.pop()) else { return Err(Errno::EBADMSG) };
    direct::own_process_group()?;
    // Not at the group: what was made last is in it until it has one of its own, and outlives this process.
    lifeline::aim_alone(held.as_fd())?;
    if lifeline::is_hung_up(held.as_fd()) {
        return Err(Errno::EPIPE);
    }
    let ids = Page::of_file(file.as_fd())?;
    ids.hide();
    Ok((held, ids))
}
