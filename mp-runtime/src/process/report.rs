//! The report of a child: a memory file that the parent makes before the fork, the child fills, and the parent
//! reads after the child has ended. A value of any size fits, and nobody has to drain anything.
//!
//! The payload is written first and the head last, so a head that says "returned" has its whole value behind it.

use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::time::Instant;

use crate::sys::fd::ProcessFd;
use crate::sys::latest::Latest;
use crate::sys::memory::{self, Sealed};
use crate::wire::codec::{self, CodecError};
use crate::wire::frame::{Head, State};

/// The parent's side.
#[derive(Debug)]
pub(crate) struct Report {
    file: ProcessFd,
}

/// A payload up to this size is copied rather than mapped: a mapping costs two system calls and a page fault.
const COPIED: usize = 64 * 1024;

impl Report {
    pub(crate) fn new(file: OwnedFd) -> Report {
        Report { file: ProcessFd::new(file) }
    }

    /// The head, if the child has written one.
    pub(crate) fn head(&self) -> Option<Head> {
        let mut bytes = [0; Head::SIZE];
        memory::read_at(self.file.get()?, &mut bytes, 0).ok()?;
        Head::decode(&bytes)
    }

    /// Hands the payload that `head` speaks of to `read`.
    pub(crate) fn payload<R>(&self, head: Head, read: impl FnOnce(&[u8]) -> R) -> io::Result<R> {
        if head.length == 0 {
            return Ok(read(&[]));
        }
        let file = self.file.get().ok_or_else(|| io::Error::from_raw_os_error(libc::EBADF))?;
        let length = usize::try_from(head.length).map_err(|_| io::Error::from_raw_os_error(libc::EFBIG))?;
        let end = NonZeroUsize::new(length.saturating_add(Head::SIZE)).unwrap_or(NonZeroUsize::MAX);
        // What cannot be sealed, for a process the child left behind still maps it, is copied too.
        if length > COPIED
            && let Ok(whole) = Sealed::map(file, end)
        {
            return Ok(read(&whole[Head::SIZE..]));
        }
        let mut bytes = Vec::new();
        bytes.try_reserve_exact(length).map_err(|_| io::Error::from_raw_os_error(libc::ENOMEM))?;
        bytes.resize(length, 0);
        memory::read_at(file, &mut bytes, Head::SIZE as u64)?;
        Ok(read(&bytes))
    }

    /// Lets go of the memory in a child just forked: it is a sibling's.
    pub(crate) fn release(&self) {
        self.file.release();
    }
}

/// The child's side.
#[derive(Debug)]
pub(crate) struct Outbox {
    report: Arc<Report>,
    started: Instant,
}

/// The outbox of this process, if the framework started it.
static MINE: Latest<Outbox> = Latest::new();

/// The outbox of this process, for panic hooks and signal handlers too.
pub(crate) fn mine() -> Option<&'static Outbox> {
    MINE.get()
}

impl Outbox {
    /// Makes `report` the one that this process fills. It has run since `started`.
    pub(crate) fn open(report: Arc<Report>, started: Instant) -> &'static Outbox {
        MINE.set(Outbox { report, started })
    }

    fn file(&self) -> nix::Result<BorrowedFd<'_>> {
        self.report.file.get().ok_or(nix::errno::Errno::EBADF)
    }

    /// Commits `state` with a payload of `length` bytes. Makes one system call, allocates nothing.
    ///
    /// A report that cannot be written is a report not made: the parent then goes by the exit status.
    pub(crate) fn commit(&self, state: State, length: u64) -> nix::Result<()> {
        let head = Head { state, length, run_time: self.started.elapsed() };
        memory::write_at(self.file()?, &head.encode(), 0)
    }

    /// Writes `value` as the payload and commits `state`.
    pub(crate) fn send<T: serde::Serialize>(&self, state: State, value: &T) -> Result<(), CodecError> {
        let mut payload = self.payload();
        codec::encode(value, &mut payload)?;
        // Without room for it there is no report; the exit status still tells.
        if let Ok(length) = payload.finish() {
            let _ = self.commit(state, length);
        }
        Ok(())
    }

    /// Begins a payload.
    pub(crate) fn payload(&self) -> Payload<'_> {
        Payload { outbox: self, written: 0, buffer: Vec::new() }
    }
}

/// A payload being written.
#[derive(Debug)]
pub(crate) struct Payload<'a> {
    outbox: &'a Outbox,
    written: u64,
    buffer: Vec<u8>,
}

impl Payload<'_> {
    const BUFFER: usize = 64 * 1024;

    /// Writes out the rest; the length of the whole payload.
    pub(crate) fn finish(mut self) -> io::Result<u64> {
        self.flush()?;
        Ok(self.written)
    }
}

impl Write for Payload<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.buffer.len() + bytes.len() > Payload::BUFFER {
            self.flush()?;
        }
        if bytes.len() >= Payload::BUFFER {
            memory::write_at(self.outbox.file()?, bytes, Head::SIZE as u64 + self.written)?;
            self.written += bytes.len() as u64;
        } else {
            self.buffer.extend_from_slice(bytes);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        memory::write_at(self.outbox.file()?, &self.buffer, Head::SIZE as u64 + self.written)?;
        self.written += self.buffer.len() as u64;
        self.buffer.clear();
        Ok(())
    }
}
