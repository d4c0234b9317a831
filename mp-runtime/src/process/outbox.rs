//! The child's side of its report.

use std::io::{self, Write};
use std::mem;
use std::sync::atomic::{AtomicI32, Ordering};
use std::thread;
use std::time::Duration;

use serde::Serialize;

use crate::process::child;
use crate::process::launch::Launch;
use crate::process::record::Record;
use crate::process::registry;
use crate::process::report::{INLINE, Report};
use crate::sys::counted::Counted;
use crate::sys::direct;
use crate::sys::latest::Latest;
use crate::sys::near::{lay_near, near};
use crate::wire::codec;
use crate::wire::frame::{Head, State};

/// Where the calling process reports to, if the framework started it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Outbox(pub(crate) &'static Launch);

/// What the calling process knows of its own report. It stands beside the registry.
#[derive(Debug)]
pub(crate) struct Mine {
    record: Latest<Record>,
    /// The process whose outbox that is.
    owner: AtomicI32,
    /// The thread that writes the payload; `NOBODY` before the first does.
    claimant: AtomicI32,
}

/// No id of a process or thread.
const NOBODY: i32 = 0;

impl Mine {
    pub(crate) const fn none() -> Mine {
        Mine { record: Latest::new(), owner: AtomicI32::new(NOBODY), claimant: AtomicI32::new(NOBODY) }
    }
}

/// The outbox of this process, for panic hooks and signal handlers too. None in a process that a child forked off
/// by other means: it has inherited the outbox, but it is not the child.
pub(crate) fn mine() -> Option<Outbox> {
    registry::mine().record.get().map(|record| Outbox(record.launch())).filter(|outbox| outbox.is_ours())
}

/// How this process was started, or the one that it was forked off from by other means. Takes no lock: it is asked in
/// panic hooks and fork handlers, too.
pub(crate) fn launch() -> Option<&'static Launch> {
    registry::mine().record.get().map(Record::launch)
}

/// Notes, from a signal handler, that the stack of this process is used up.
pub(crate) fn overflowed() {
    if let Some(outbox) = mine() {
        outbox.commit(State::Overflowed, 0);
    }
}

impl Outbox {
    /// Makes the report of the process that `record` was made for, the calling one, `me`, the one that it fills. It stays for as
    /// long as the process.
    pub(crate) fn open(record: Counted<Record>, me: i32) -> &'static Launch {
        registry::mine().owner.store(me, Ordering::Relaxed);
        registry::mine().claimant.store(NOBODY, Ordering::Relaxed);
        registry::mine().record.set(record.leak()).launch()
    }

    /// Whether the calling process is the one that reports here, and not one that it forked off by other means.
    pub(crate) fn is_ours(self) -> bool {
        registry::mine().owner.load(Ordering::Relaxed) == direct::id()
    }

    /// Makes the calling thread the one that writes the payload; `false` if it is another.
    pub(crate) fn claim(self) -> bool {
        let me = direct::thread();
        match registry::mine().claimant.compare_exchange(NOBODY, me, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => true,
            Err(claimant) => claimant == me,
        }
    }

    /// Commits that the user's function is about to run.
    pub(crate) fn begin(self) {
        self.write(Head { state: State::Began, length: 0, run_time: Duration::ZERO });
    }

    /// Commits that the user's function has called `exit`.
    pub(crate) fn leave(self) {
        self.commit(State::Began, 0);
    }

    /// Commits `state` with a payload of `length` bytes. Allocates nothing, takes no lock.
    #[inline]
    pub(crate) fn commit(self, state: State, length: u64) {
        let run_time = direct::now().saturating_sub(self.0.started);
        self.write(Head { state, length, run_time });
    }

    #[inline]
    fn write(self, head: Head) {
        // Without memory there is no report: the parent then goes by the exit status.
        let _ = self.0.report.commit(head);
    }

    /// Writes `value` as the payload and commits `state`; nothing of both, and `false`, if it cannot be written.
    #[must_use]
    pub(crate) fn send<T: Serialize>(self, state: State, value: &T) -> bool {
        let mut payload = self.payload();
        let length = codec::encode(value, &mut payload).ok().and_then(|()| payload.finish().ok());
        length.inspect(|length| self.commit(state, *length)).is_some()
    }

    /// As [`send`](Outbox::send). What cannot be written, for the user's function has closed the memory file, say, is sent as
    /// `shorter`, which fits into the page, or as nothing: the state is the truth in any case.
    pub(crate) fn tell<T: Serialize>(self, state: State, value: &T, shorter: impl FnOnce() -> T) {
        if !self.send(state, value) && !self.send(state, &shorter()) {
            self.commit(state, 0);
        }
    }

    /// Begins a payload.
    pub(crate) fn payload(self) -> Payload {
        Payload { outbox: self, written: 0, buffer: Vec::new(), error: None }
    }
}

/// As much of `text` as there is room for in the page, beside other things.
pub(crate) fn cut(text: &str) -> String {
    let end = text.floor_char_boundary(INLINE / 2);
    format!("{}{}", &text[..end], if end < text.len() { " (and more, for which there was no room)" } else { "" })
}

/// A payload being written.
#[derive(Debug)]
pub(crate) struct Payload {
    outbox: Outbox,
    /// How much of it is in the memory file.
    written: u64,
    /// What comes after that.
    buffer: Vec<u8>,
    /// Why it could not be written; the codec has no place for it in an error of its own.
    error: Option<i32>,
}

impl Payload {
    const BUFFER: usize = 64 * 1024;

    /// Writes out the rest; the length of the whole payload.
    #[inline]
    pub(crate) fn finish(self) -> io::Result<u64> {
        if self.written == 0 && self.buffer.is_empty() {
            return Ok(0); // the result of most processes: `()`
        }
        self.write_out()
    }

    fn write_out(mut self) -> io::Result<u64> {
        if self.written > 0 || self.buffer.len() > INLINE {
            self.spill()?;
            return Ok(self.written);
        }
        self.report()?.fill(&self.buffer)?;
        Ok(self.buffer.len() as u64)
    }

    /// The report to write to. A process that the user's function has forked off comes this way too, if it returns.
    fn report(&self) -> io::Result<&'static Report> {
        if !self.outbox.is_ours() {
            return Err(io::Error::from_raw_os_error(libc::ECHILD));
        }
        // Another thread has panicked beyond catching: this process is about to be aborted.
        while !self.outbox.claim() {
            thread::park();
        }
        Ok(&self.outbox.0.report)
    }

    /// Moves what is buffered to the memory file.
    fn spill(&mut self) -> io::Result<()> {
        let mut buffer = mem::take(&mut self.buffer);
        self.append(&buffer)?;
        buffer.clear();
        self.buffer = buffer;
        Ok(())
    }

    /// Why the payload could not be written, if that is so.
    pub(crate) fn error(&self) -> Option<io::Error> {
        self.error.map(io::Error::from_raw_os_error)
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let appended = self.report().and_then(|report| Ok(report.append(bytes, self.written)?));
        if let Err(error) = &appended {
            self.error = error.raw_os_error();
        }
        appended?;
        self.written += bytes.len() as u64;
        Ok(())
    }
}

impl Write for Payload {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.buffer.len() + bytes.len() > Payload::BUFFER {
            self.spill()?;
        }
        if bytes.len() >= Payload::BUFFER {
            self.append(bytes)?;
        } else {
            self.buffer.extend_from_slice(bytes);
        }
        Ok(bytes.len())
    }

    near! {
        /// Nothing: where the payload goes is known at its end only.
        fn flush(&mut self) -> io::Result<()> {
            lay_near!(weight: 100, child::run => <Self as Write>::flush);
            Ok(())
        }
    }
}
