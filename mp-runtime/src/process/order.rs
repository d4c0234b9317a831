//! What a program tells a process that is not forked from it: everything, in one message.
//!
//! The message is a head, written by the codec, and the arguments of the function; with it go descriptors: those of
//! [`Fds`] first, then what the arguments enclose. What is too long for a message goes by a memory file.

use std::ffi::CString;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use nix::errno::Errno;

use crate::ipc::parcel::Enclosed;
use crate::process::arguments::Written;
use crate::process::launch::Launch;
use crate::process::settings::Settings;
use crate::sys::image::{self, Entry, Place};
use crate::sys::limit::Resource;
use crate::sys::memory;
use crate::sys::{fd, fdpass};
use crate::wire::codec;

/// A process function and its arguments, written down.
#[derive(Debug)]
pub struct Work {
    pub(crate) place: Place,
    pub(crate) arguments: Vec<u8>,
    pub(crate) enclosed: Enclosed,
}

/// An order, as it arrives.
pub(crate) struct Order {
    pub(crate) name: String,
    pub(crate) daemon: bool,
    pub(crate) detached: bool,
    pub(crate) replica: Option<usize>,
    pub(crate) parent_name: String,
    pub(crate) parent_id: i32,
    pub(crate) started: Duration,
    pub(crate) generation: u32,
    pub(crate) seed: u64,
    /// Whether the thread that the new process is a child of is the first of its program.
    pub(crate) by_first_thread: bool,
    pub(crate) settings: Option<Box<Settings>>,
    pub(crate) entry: Option<Entry>,
    pub(crate) arguments: Written,
    pub(crate) own: Own<OwnedFd>,
    pub(crate) directory: Option<OwnedFd>,
    pub(crate) streams: [Option<OwnedFd>; 3],
    pub(crate) enclosed: Vec<OwnedFd>,
}

/// The descriptors that every process has.
#[derive(Debug)]
pub(crate) struct Own<T> {
    pub(crate) page: T,
    pub(crate) file: T,
    pub(crate) tie: T,
    pub(crate) parent: T,
}

/// The descriptors that go with an order.
#[derive(Debug)]
pub(crate) struct Fds<'fd> {
    /// Not sent to a process that waits for an order: it has them.
    pub(crate) own: Option<Own<BorrowedFd<'fd>>>,
    pub(crate) directory: Option<BorrowedFd<'fd>>,
    pub(crate) streams: [Option<BorrowedFd<'fd>>; 3],
}

/// An order that can be sent, more than once if need be.
pub(crate) struct Message {
    bytes: Vec<u8>,
    /// The rest of the bytes, where they are too many.
    spill: Option<OwnedFd>,
}

type Head = (Identity, Nature, Option<Changes>, (u8, bool));
/// The executable, and the entry in it.
type Identity = (Vec<u8>, i64);
type Nature = (String, (bool, bool), Option<usize>, String, i32, Duration, u32, u64, bool);
type Changes = (
    bool,
    Vec<(CString, Option<CString>)>,
    Option<CString>,
    Option<i32>,
    Option<Vec<usize>>,
    Option<i32>,
    (bool, Vec<(Resource, u64)>),
);

/// Bit in the mask of what descriptors there are: the directory. Bits 0 to 2 are the streams.
const DIRECTORY: u8 = 1 << 3;
/// As above: those that are the process's own.
const OWN: u8 = 1 << 4;

impl Message {
    /// The longest; sockets take several of them.
    pub(crate) const LONGEST: usize = 64 * 1024;

    /// Writes down `launch` and `work`. `streams` and `directory` say which of the optional descriptors will come.
    pub(crate) fn new(
        launch: &Launch,
        work: &Work,
        by_first_thread: bool,
        fds: &Fds<'_>,
        generation: u32,
    ) -> nix::Result<Message> {
        let id = image::executable().map(|image| image.id.clone()).unwrap_or_default();
        let Launch { name, replica, parent, started, seed, .. } = launch;
        let (name, kind) = (name.to_string(), (launch.daemon, launch.tie.is_detached()));
        let parent_name = parent.name.clone();
        let nature: Nature =
            (name, kind, *replica, parent_name, parent.id, *started, generation, *seed, by_first_thread);
        let changes = launch.settings.as_deref().map(|settings| -> Changes {
            let Settings {
                clear_environment,
                environment,
                directory,
                nice,
                affinity,
                oom_score,
                terminal,
                limits,
                refused: _,
            } = settings;
            let last = (*terminal, limits.clone());
            (*clear_environment, environment.clone(), directory.clone(), *nice, affinity.clone(), *oom_score, last)
        });
        let mut given = if fds.directory.is_some() { DIRECTORY } else { 0 };
        given |= if fds.own.is_some() { OWN } else { 0 };
        for (number, _) in fds.streams.iter().enumerate().filter(|(_, stream)| stream.is_some()) {
            given |= 1 << number;
        }
        let spilled = work.arguments.len() > Message::LONGEST / 2;
        let mut head = Vec::with_capacity(512 + work.arguments.len());
        let all: Head = ((id, work.place.to_raw()), nature, changes, (given, spilled));
        codec::append(&all, &mut head).map_err(|_| Errno::EINVAL)?;
        let mut bytes = (head.len() as u32).to_ne_bytes().to_vec();
        bytes.extend(head);
        let mut spill = None;
        if spilled {
            let file = memory::create(c"mp-arguments")?;
            memory::write_at(file.as_fd(), &work.arguments, 0)?;
            bytes.extend(work.arguments.len().to_ne_bytes());
            spill = Some(file);
        } else {
            bytes.extend_from_slice(&work.arguments);
        }
        if bytes.len() > Message::LONGEST {
            return Err(Errno::E2BIG); // an environment of that size
        }
        Ok(Message { bytes, spill })
    }

    /// Sends it, with the descriptors that go with it.
    pub(crate) fn send(&self, socket: BorrowedFd<'_>, fds: &Fds<'_>, work: &Work) -> nix::Result<()> {
        let mut all = fds.own.as_ref().map(Own::all).into_iter().flatten().collect::<Vec<_>>();
        all.extend(fds.directory);
        all.extend(fds.streams.iter().flatten());
        all.extend(self.spill.as_ref().map(AsFd::as_fd));
        all.extend(work.enclosed.fds());
        if all.len() > fdpass::MOST {
            return Err(Errno::E2BIG);
        }
        fdpass::send(socket, &self.bytes, &all)
    }
}

impl<'fd> Own<BorrowedFd<'fd>> {
    /// In the order in which they are sent.
    pub(crate) fn all(&self) -> [BorrowedFd<'fd>; 4] {
        [self.page, self.file, self.tie, self.parent]
    }
}

impl Own<OwnedFd> {
    /// Takes them from what was sent.
    pub(crate) fn take(mut next: impl FnMut() -> Option<OwnedFd>) -> Option<Self> {
        Some(Own { page: next()?, file: next()?, tie: next()?, parent: next()? })
    }
}

impl Order {
    /// Reads an order; `None` if it is none. `own` is what came before it.
    pub(crate) fn read(bytes: &[u8], fds: Vec<OwnedFd>, own: Option<Own<OwnedFd>>) -> Option<Order> {
        let (length, rest) = bytes.split_at_checked(4)?;
        let (head, rest) = rest.split_at_checked(u32::from_ne_bytes(length.try_into().ok()?) as usize)?;
        let (identity, nature, changes, (given, spilled)): Head = codec::decode(head).ok()?;
        // None of the new process's own is to stand where a standard stream belongs.
        let mut fds = fds.into_iter().map(|fd| fd::beyond_streams(fd).ok());
        let mut next = || fds.next().flatten();
        let own = if given & OWN != 0 { Own::take(&mut next)? } else { own? };
        let directory = if given & DIRECTORY != 0 { Some(next()?) } else { None };
        let mut streams = [None, None, None];
        for (number, stream) in streams.iter_mut().enumerate().filter(|(number, _)| given & 1 << number != 0) {
            debug_assert!(number < 3);
            *stream = Some(next()?);
        }
        let arguments = if spilled {
            Written::InFile(next()?, usize::from_ne_bytes(rest.try_into().ok()?))
        } else {
            Written::Here(rest.to_vec())
        };
        let enclosed = fds.collect::<Option<Vec<_>>>()?;
        let (name, kind, replica, parent_name, parent_id, started, generation, seed, by_first_thread) = nature;
        let (daemon, detached) = kind;
        let settings = changes.map(|changes| {
            let (clear_environment, environment, directory, nice, affinity, oom_score, (terminal, limits)) = changes;
            let refused = None;
            Box::new(Settings {
                clear_environment,
                environment,
                directory,
                nice,
                affinity,
                oom_score,
                terminal,
                limits,
                refused,
            })
        });
        let entry = Place::resolve(identity.1, &identity.0);
        Some(Order {
            name,
            daemon,
            detached,
            replica,
            parent_name,
            parent_id,
            started,
            generation,
            seed,
            by_first_thread,
            settings,
            entry,
            arguments,
            own,
            directory,
            streams,
            enclosed,
        })
    }
}

/// Decodes the head of an order as one will be: so that the pages are there which that takes.
pub(crate) fn rehearse() {
    let id = image::executable().map(|image| image.id.clone()).unwrap_or_default();
    let name = || "rehearsal".to_owned();
    let nature: Nature = (name(), (false, false), Some(0), name(), 1, Duration::ZERO, 1, 0, true);
    let all: Head = ((id, 0), nature, None, (0, false));
    let mut head = Vec::new();
    if codec::append(&all, &mut head).is_ok() {
        drop(codec::decode::<Head>(&head));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads an order that has its arguments, of which it says that they are so long, in a file of five bytes.
    fn read(length: usize) -> Option<Order> {
        let nature: Nature = (String::new(), (false, false), None, String::new(), 1, Duration::ZERO, 1, 0, true);
        let all: Head = ((Vec::new(), 0), nature, None, (OWN, true));
        let mut head = Vec::new();
        codec::append(&all, &mut head).expect("it can be written");
        let bytes = [&(head.len() as u32).to_ne_bytes()[..], &head, &length.to_ne_bytes()].concat();
        let file = memory::create(c"test").expect("a file is to be had");
        memory::write_at(file.as_fd(), b"lucky", 0).expect("it takes a few bytes");
        let copy = || file.try_clone().expect("a descriptor is to be had");
        Order::read(&bytes, (0..5).map(|_| copy()).collect(), None)
    }

    #[test]
    fn arguments_that_are_shorter_than_told_are_refused_and_take_no_memory() {
        let bytes = |length| read(length).expect("it is one").arguments.bytes().map(<[u8]>::to_vec);
        assert_eq!(bytes(5).expect("they are there"), b"lucky");
        assert!([6, 1 << 40, usize::MAX].into_iter().all(|length| bytes(length) == Err(Errno::ENODATA)));
    }
}
