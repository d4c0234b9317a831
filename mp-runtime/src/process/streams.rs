//! The standard streams of a process.

use std::fs::File;
use std::io::{PipeReader, PipeWriter};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl, open};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::stat::Mode;
use nix::unistd::{pipe2, read};

use crate::error::Stage;
use crate::process::handle::Child;
use crate::sys::direct;
use crate::sys::fd::{self, ProcessFd};

/// What a standard stream of a process is.
///
/// ```
/// use std::io::Read;
/// use mp_runtime::{Builder, Stdio};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let mut child = Builder::closure(|| println!("lucky")).stdout(Stdio::Piped).spawn()?;
/// let mut text = String::new();
/// child.take_stdout().unwrap().read_to_string(&mut text)?;
/// assert_eq!(text, "lucky\n");
/// child.join()?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Default)]
#[non_exhaustive]
pub enum Stdio {
    /// The parent's.
    #[default]
    Inherit,
    /// Empty to read from, and takes whatever is written.
    Null,
    /// A pipe. The parent has the other end, by [`Child::take_stdout`](crate::Child::take_stdout) and its like.
    Piped,
    /// This file, pipe, socket or terminal.
    File(OwnedFd),
}

impl From<File> for Stdio {
    fn from(file: File) -> Stdio {
        Stdio::File(file.into())
    }
}

impl From<OwnedFd> for Stdio {
    fn from(fd: OwnedFd) -> Stdio {
        Stdio::File(fd)
    }
}

impl From<PipeReader> for Stdio {
    fn from(end: PipeReader) -> Stdio {
        Stdio::File(end.into())
    }
}

impl From<PipeWriter> for Stdio {
    fn from(end: PipeWriter) -> Stdio {
        Stdio::File(end.into())
    }
}

impl<T> Child<T> {
    /// What it reads as its stdin, to write to, if that is [`Stdio::Piped`](Stdio::Piped) and was not taken.
    ///
    /// Dropping it is the end of what the process reads, unless another has a copy: a process that is forked while this end is taken
    /// inherits it, as it does all that its parent has open. So start first, and take then; or start the others by
    /// [`forkserver`](crate::StartMethod::ForkServer).
    pub fn take_stdin(&mut self) -> Option<PipeWriter> {
        self.record().streams()?.take(0).map(PipeWriter::from)
    }

    /// What it writes to its stdout, if that is [`Stdio::Piped`](Stdio::Piped) and was not taken.
    ///
    /// A process that writes more than a pipe holds waits until somebody reads, or [`join`](Child::join)s.
    pub fn take_stdout(&mut self) -> Option<PipeReader> {
        self.record().streams()?.take(1).map(PipeReader::from)
    }

    /// What it writes to its stderr. As [`take_stdout`](Child::take_stdout).
    pub fn take_stderr(&mut self) -> Option<PipeReader> {
        self.record().streams()?.take(2).map(PipeReader::from)
    }
}

/// The streams of one process, both sides; those that it inherits are not there.
#[derive(Debug, Default)]
pub(crate) struct Streams {
    /// What become its streams 0, 1 and 2.
    pub(crate) theirs: [Option<ProcessFd>; 3],
    /// The parent's ends of pipes.
    pub(crate) ours: [Option<ProcessFd>; 3],
}

impl Streams {
    /// Makes the pipes, opens the null device.
    pub(crate) fn make(wanted: [Stdio; 3]) -> nix::Result<Streams> {
        let mut streams = Streams::default();
        for (number, stdio) in wanted.into_iter().enumerate() {
            let (theirs, ours) = match stdio {
                Stdio::Inherit => continue,
                Stdio::Null => (open("/dev/null", OFlag::O_RDWR | OFlag::O_CLOEXEC, Mode::empty())?, None),
                Stdio::File(file) => (file, None),
                Stdio::Piped => {
                    let (reader, writer) = pipe2(OFlag::O_CLOEXEC)?;
                    let (theirs, ours) = if number == 0 { (reader, writer) } else { (writer, reader) };
                    (theirs, Some(fd::beyond_streams(ours)?))
                }
            };
            streams.theirs[number] = Some(ProcessFd::new(fd::beyond_streams(theirs)?));
            streams.ours[number] = ours.map(ProcessFd::new);
        }
        Ok(streams)
    }

    /// Makes them the streams of the calling process, the child.
    #[inline(always)] // see `sys::near`
    pub(crate) fn install(&self) -> Result<(), (Stage, Errno)> {
        for (number, theirs) in self.theirs.iter().enumerate() {
            let Some(theirs) = theirs.as_ref().and_then(ProcessFd::get) else { continue };
            direct::redirect(number, theirs).map_err(|errno| (Stage::Streams, errno))?;
        }
        self.release();
        Ok(())
    }

    /// Lets go of the child's side, in the parent, once the child has its own.
    #[inline]
    pub(crate) fn let_go(&self) {
        self.theirs.iter().flatten().for_each(ProcessFd::release);
    }

    /// Lets go of both, in a child just forked.
    #[inline]
    pub(crate) fn release(&self) {
        self.let_go();
        self.ours.iter().flatten().for_each(ProcessFd::release);
    }

    /// The parent's end of stream `number`, for the user; `None` if it is no pipe, or was taken.
    pub(crate) fn take(&self, number: usize) -> Option<OwnedFd> {
        self.ours[number].as_ref()?.give()
    }

    /// Ends what the child reads; where it writes to, to be read without waiting.
    pub(crate) fn abandon(&self) -> Vec<OwnedFd> {
        drop(self.take(0));
        let ends: Vec<OwnedFd> = [1, 2].into_iter().filter_map(|number| self.take(number)).collect();
        for end in &ends {
            // Fails for no pipe of ours.
            let _ = fcntl(end, FcntlArg::F_SETFL(OFlag::O_NONBLOCK));
        }
        ends
    }

    /// Ends what the child reads, and throws away what it writes until it has ended: nobody else will read it.
    pub(crate) fn drain(&self, pidfd: BorrowedFd<'_>) {
        let mut ends = self.abandon();
        let mut buffer = vec![0; if ends.is_empty() { 0 } else { 64 * 1024 }];
        while !ends.is_empty() {
            let mut set: Vec<_> = ends.iter().map(|end| PollFd::new(end.as_fd(), PollFlags::POLLIN)).collect();
            set.push(PollFd::new(pidfd, PollFlags::POLLIN));
            if !matches!(poll(&mut set, PollTimeout::NONE), Ok(_) | Err(Errno::EINTR)) {
                return;
            }
            // A process that the child has left behind may hold the pipes open: its output is nobody's.
            if set.last().and_then(PollFd::any).unwrap_or(false) {
                return;
            }
            ends.retain(|end| !matches!(read(end, &mut buffer), Ok(0)));
        }
    }
}

/// Throws away what there is to read; whether there may be more.
pub(crate) fn skip(end: &OwnedFd) -> bool {
    match read(end, &mut [0; 16 * 1024]) {
        Ok(length) => length > 0,
        Err(errno) => errno == Errno::EAGAIN || errno == Errno::EINTR,
    }
}
