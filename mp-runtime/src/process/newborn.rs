//! A process that is not forked from its parent: in an image of the executable that has not come to `main`.

use std::convert::Infallible;
use std::io::{self, Stdout};
use std::mem;
use std::os::fd::{AsFd, IntoRawFd, OwnedFd};
use std::sync::MutexGuard;

use nix::errno::Errno;

use crate::error::Stage;
use crate::process::arguments::Written;
use crate::process::child::{self, Birth, Comm, Mark, Runs};
use crate::process::launch::{Launch, Origin, Starter};
use crate::process::order::{self, Order, Own};
use crate::process::outbox::Payload;
use crate::process::record::Record;
use crate::process::registry::Registry;
use crate::process::report::Report;
use crate::process::stopping::Ladder;
use crate::process::streams::Streams;
use crate::process::tie::Tie;
use crate::process::{panic, registry, server};
use crate::sys::counted::Counted;
use crate::sys::exec::{self, hook};
use crate::sys::fd::ProcessFd;
use crate::sys::fork::Handlers;
use crate::sys::image::{self, Arguments, Entry};
use crate::sys::near::{lay_near, near};
use crate::sys::page::Page;
use crate::sys::{direct, fault, fd, fdpass, memory};

hook!(before_main);

/// The image of one process.
pub(crate) const PROCESS: exec::Role = 'p';
/// The image of the fork server.
pub(crate) const SERVER: exec::Role = 's';

/// Called before `main` in each process of the executable. In one that is told to be something else, `main` is not reached.
extern "C" fn before_main(count: i32, arguments: *const *const i8, environment: *const *const i8) {
    if let Some((role, socket)) = exec::told([PROCESS, SERVER]) {
        become_image(role, socket, (count, arguments, environment))
    }
}

/// What `main` would have found ready is made ready first: constructors that come later have run, and what a process
/// has from its parent otherwise, the hook for panics and the handlers for exits and faults, is in force.
#[cold]
fn become_image(role: exec::Role, socket: OwnedFd, arguments: Arguments) -> ! {
    if let Some(image) = image::executable() {
        image.finish_construction(before_main, arguments);
    }
    exec::is_there();
    fault::give_stack();
    {
        let mut registry = registry::lock();
        panic::watch();
        // Without the handler an exit is told as one all the same.
        let _ = registry.watch_exits();
    }
    match role {
        SERVER => server::serve(socket),
        _ => {
            let Ok((order, Ok(fds))) = fdpass::wait(socket.as_fd()) else { direct::exit(1) };
            drop(socket);
            let Ok(unborn) = Unborn::read(&order, fds) else { direct::exit(1) };
            match unborn.live() {}
        }
    }
}

/// Waits for an order, as a child that its program has asked for ahead, and then lives. `fds` are those that
/// every process has, and the socket by which the order comes.
///
/// It ends with its program from here on, in the ways in which every child does; and when its program lets go of it.
pub(crate) fn wait_to_be_born(by_first_thread: bool, parent: i32, fds: Vec<OwnedFd>) -> Infallible {
    direct::set_name(b"mp-parked\0\0\0\0\0\0\0");
    let mut fds = fds.into_iter().map(|fd| fd::beyond_streams(fd).ok());
    let mut next = || fds.next().flatten();
    let (Some(own), Some(socket)) = (Own::take(&mut next), next()) else { direct::exit(1) };
    let Ok(page) = Page::of_file(own.page.as_fd()) else { direct::exit(1) };
    if child::tie_to_parent(parent, by_first_thread, own.tie.as_fd()).is_err() {
        direct::exit(1);
    }
    // Touches now what the order will need, so that nobody waits for it then.
    order::rehearse();
    let _ = memory::inode(own.file.as_fd());
    drop(registry::lock());
    child::flush(&io::stdout());
    // A signal that comes while it waits ends it now, and not the process that it will be some time.
    direct::unblock_signals();
    let order = fdpass::wait(socket.as_fd());
    direct::block(u64::MAX);
    let (order, fds) = match order {
        Ok((order, _)) if order.is_empty() => direct::exit(0),
        Ok((order, Ok(fds))) => (order, fds),
        _ => direct::exit(1),
    };
    direct::close(socket.into_raw_fd());
    let Some(order) = Order::read(&order, fds, Some(own)) else { direct::exit(1) };
    let Ok(unborn) = Unborn::of(order, Some(page)) else { direct::exit(1) };
    unborn.live()
}

/// The function that was ordered, with its arguments.
struct Ordered {
    entry: Option<Entry>,
    arguments: Written,
    enclosed: Option<Vec<OwnedFd>>,
}

impl Runs for Ordered {
    near! {
        server:
        fn run(&mut self, payload: &mut Payload) -> Result<(), String> {
            lay_near!(weight: 1, child::run => Self::run);
            let entry = self.entry.ok_or("this is another executable")?;
            let bytes = self.arguments.bytes().map_err(|errno| format!("its arguments could not be read: {errno}"))?;
            entry(bytes, self.enclosed.take().unwrap_or_default(), payload)
        }
    }
}

/// A process before it is made, by its order: with all that can be had before, in memory. All signals are blocked; in the fork server, but
/// for SIGTERM.
///
/// The fork server has it before it forks. So what it takes to read an order, in code and in memory, is there; in the child each
/// page of it would be a fault.
pub(crate) struct Unborn {
    record: Counted<Record>,
    /// With the record in it.
    registry: Option<MutexGuard<'static, Registry>>,
    by_first_thread: bool,
    comm: Comm,
    out: Stdout,
    directory: Option<OwnedFd>,
    /// The file of the report's page, which is not mapped yet.
    page: Option<OwnedFd>,
    run: Ordered,
}

impl Unborn {
    /// Reads the order, which has come as `bytes` and `fds`.
    ///
    /// # Errors
    ///
    /// `EBADMSG` if it is none; `ENOMEM` if there is no place for a page.
    pub(crate) fn read(bytes: &[u8], fds: Vec<OwnedFd>) -> nix::Result<Unborn> {
        Unborn::of(Order::read(bytes, fds, None).ok_or(Errno::EBADMSG)?, None)
    }

    /// With the order that was read, and the page of the report, if it is mapped.
    fn of(order: Order, page: Option<Page>) -> nix::Result<Unborn> {
        let Order { name, daemon, detached, replica, parent_name, parent_id, started, generation, seed, .. } = order;
        let Order { by_first_thread, settings, entry, arguments, own, directory, streams, enclosed, .. } = order;
        let comm = child::comm(&name);
        let parent = Origin { name: parent_name, id: parent_id, pidfd: ProcessFd::new(own.parent) };
        let parent = Starter::Told(Box::new(parent));
        // Mapped by the process itself: mapped here, it would have to be unmapped here.
        let (page, page_file) = match page {
            Some(page) => (page, None),
            None => (Page::reserve()?, Some(own.page)),
        };
        let report = Report::open(page, own.file, generation);
        let tie = Tie::sent(detached, own.tie, parent_id);
        let theirs = streams.map(|stream| stream.map(ProcessFd::new));
        let streams = Some(Box::new(Streams { theirs, ..Streams::default() }));
        let ladder = Ladder::default();
        let name = name.into();
        let launch = Launch { name, daemon, replica, ladder, parent, started, report, tie, settings, streams, seed };
        let mut registry = registry::lock();
        let record = registry.add(launch);
        // An empty one still has the memory in which all descriptors came. Without it the child has nothing to free.
        let enclosed = if enclosed.is_empty() { Vec::new() } else { enclosed };
        let run = Ordered { entry, arguments, enclosed: Some(enclosed) };
        let (registry, out) = (Some(registry), io::stdout());
        Ok(Unborn { record, registry, by_first_thread, comm, out, directory, page: page_file, run })
    }

    /// Lives its life, in the calling process.
    #[inline(always)]
    pub(crate) fn live(self) -> Infallible {
        let Unborn { record, mut registry, by_first_thread, comm, out, directory, page, mut run } = self;
        if let Some(page) = page {
            if record.launch().report.map(page.as_fd()).is_err() {
                direct::exit(1);
            }
            direct::close(page.into_raw_fd());
        }
        mem::forget(record); // to let go of it is to write to it
        let mut place = Ok(());
        if let Some(directory) = directory.map(IntoRawFd::into_raw_fd) {
            place = direct::enter(directory).map_err(|errno| (Stage::Directory, errno));
            direct::close(directory);
        }
        let told = if run.entry.is_some() { place } else { Err((Stage::Image, Errno::ENOEXEC)) };
        let mark = Mark { comm, turns: 0 }; // that is done
        let mut birth = Birth { registry: &mut registry, by_first_thread, mark, out, told };
        child::run(&mut birth, Handlers::Reset, &mut run)
    }

    /// Frees all of it in the process that has made it, or has failed to.
    pub(crate) fn discard(self) {
        let Unborn { record, registry, .. } = self;
        if let Some(mut registry) = registry {
            registry.withdraw();
        }
        // There is no other handle of it.
        if let Some(record) = record.into_inner() {
            record.discard();
        }
    }
}
