//! The report of a child: memory that the parent makes before the fork, the child fills, and the parent reads
//! after the child has ended. A value of any size fits, and nobody has to drain anything.
//!
//! A report is a shared page, with the head and a short payload, and a memory file for a longer one. Making and
//! freeing the two costs a tenth of a start, so the parent keeps a few that are used up (see [`Spares`]). The payload
//! is written first and the head last, so a head that says "returned" has its whole value behind it. The head is in shared memory
//! rather than a frame in a file: it costs no system call, and a child killed at any instruction leaves the old state or the new one.

use std::io;
use std::mem;
use std::num::NonZeroUsize;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use nix::errno::Errno;

use crate::process::registry::{self, Registry};
use crate::process::stock::Stock;
use crate::sys::direct;
use crate::sys::fd::ProcessFd;
use crate::sys::memory::{self, Contents};
use crate::sys::page::Page;
use crate::wire::frame::Head;

/// What a report is made of.
#[derive(Debug)]
pub(crate) struct Memory {
    page: Page,
    /// What the page is of, if it is shared with processes that are not forked from this one.
    page_file: Option<ProcessFd>,
    file: ProcessFd,
    /// By which the file is known again.
    inode: (u64, u64),
    /// How often it has been used: what a straggler of an earlier use writes is not taken for the child's.
    generation: u32,
    /// The process that made it. In a copy elsewhere the page is not mapped.
    owner: i32,
}

/// The word that is set before anything is written to the file.
const SPILLED: usize = 3;
/// The words before the payload.
const HEAD: usize = 4;
/// The longest payload that fits into the page, in bytes.
pub(crate) const INLINE: usize = (Page::WORDS - HEAD) * size_of::<u64>();

impl Memory {
    #[inline]
    fn new(owner: i32, by_file: bool) -> nix::Result<Memory> {
        let (page, page_file) = if by_file {
            let file = memory::create(c"mp-report-page")?;
            memory::allocate(file.as_fd(), Page::SIZE)?;
            (Page::of_file(file.as_fd())?, Some(ProcessFd::new(file)))
        } else {
            (Page::new()?, None)
        };
        let file: OwnedFd = memory::create(c"mp-report")?;
        let inode = memory::inode(file.as_fd())?;
        Ok(Memory { page, page_file, file: ProcessFd::new(file), inode, generation: 0, owner })
    }

    fn has_its_file(&self) -> bool {
        self.file.get().is_some_and(|file| memory::inode(file) == Ok(self.inode))
    }

    fn release(&self) {
        self.file.release();
        self.page_file.iter().for_each(ProcessFd::release);
    }
}

/// Report memory that is not in use, for the next child.
#[derive(Debug)]
pub(crate) struct Spares(Stock<Memory>);

impl Spares {
    /// More than this are not kept: it covers start, join, start, and small groups.
    const MOST: usize = 8;

    pub(crate) const fn none() -> Spares {
        Spares(Stock::new())
    }

    /// Hides all from the next child.
    pub(crate) fn hide(&self) {
        self.0.each(|memory| memory.page.hide());
    }

    /// Lets go of all, in a child just forked: its pages are not there, its files are the parent's.
    #[inline]
    pub(crate) fn release(&mut self) {
        let spares = mem::take(&mut self.0);
        spares.each(Memory::release);
        mem::forget(spares);
    }

    /// Frees all.
    pub(crate) fn clear(&mut self) {
        let (me, mut foreign) = (direct::id(), false);
        self.0.each(|memory| foreign |= memory.owner != me);
        if foreign {
            return self.release(); // a copy: what is at the address of a page here is not ours
        }
        self.0.clear();
    }
}

/// The parent's side.
#[derive(Debug)]
pub(crate) struct Report {
    /// Taken out by `drop` only.
    memory: Option<Memory>,
}

impl Report {
    /// Takes spare memory, or makes some, for a child of the calling process, whose id is `owner`.
    pub(crate) fn new(spares: &mut Spares, owner: i32) -> nix::Result<Report> {
        Report::of(spares, owner, false)
    }

    /// As [`new`](Report::new), to be [sent](Report::files) to a process that is not forked from this one.
    pub(crate) fn by_file(spares: &mut Spares, owner: i32) -> nix::Result<Report> {
        Report::of(spares, owner, true)
    }

    #[inline]
    fn of(spares: &mut Spares, owner: i32, by_file: bool) -> nix::Result<Report> {
        let mut memory = match spares.0.take(|memory| memory.page_file.is_some() == by_file) {
            Some(memory) => memory,
            None => Memory::new(owner, by_file)?,
        };
        memory.page.share()?;
        memory.generation = memory.generation.wrapping_add(1);
        Ok(Report { memory: Some(memory) })
    }

    /// The child's side, in a process that is not forked from the one that made it: from its two files.
    pub(crate) fn open(page: Page, file: OwnedFd, generation: u32) -> Report {
        let inode = memory::inode(file.as_fd()).unwrap_or_default();
        let memory =
            Memory { page, page_file: None, file: ProcessFd::new(file), inode, generation, owner: direct::id() };
        Report { memory: Some(memory) }
    }

    /// Maps the page, from its file, where it was [reserved](Page::reserve).
    #[inline]
    pub(crate) fn map(&self, page: BorrowedFd<'_>) -> nix::Result<()> {
        self.parts()?.0.map(page)
    }

    /// What to send to the child: the file of the page, that of a long payload, and the generation.
    pub(crate) fn files(&self) -> Option<(BorrowedFd<'_>, BorrowedFd<'_>, u32)> {
        let memory = self.memory.as_ref()?;
        Some((memory.page_file.as_ref()?.get()?, memory.file.get()?, memory.generation))
    }

    /// Keeps the memory for another child, unless its file was used. In the process that made it.
    #[inline]
    pub(crate) fn bury(&mut self, registry: &mut Registry) {
        let reusable = self.memory.take().filter(|memory| memory.page.load(SPILLED) == 0);
        if let Some(memory) = reusable
            && registry.spares().0.len() < Spares::MOST
            && !registry.is_closed()
        {
            memory.page.store(0, 0);
            registry.spares().0.push(memory);
        }
    }

    /// Frees the memory: it is not used again. For where the registry is held.
    pub(crate) fn discard(mut self) {
        drop(self.memory.take());
    }

    /// Shares the memory with no more processes.
    pub(crate) fn hide(&self) {
        if let Some(memory) = &self.memory {
            memory.page.hide();
        }
    }

    fn file(&self) -> nix::Result<BorrowedFd<'_>> {
        self.memory.as_ref().and_then(|memory| memory.file.get()).ok_or(Errno::EBADF)
    }

    /// The head, if the child has written one.
    pub(crate) fn head(&self) -> Option<Head> {
        let Memory { page, generation, .. } = self.memory.as_ref()?;
        // The stamp first: it is stored last.
        Head::decode(std::array::from_fn(|word| page.load(word)), *generation)
    }

    /// Hands the payload that `head` speaks of to `read`.
    #[inline]
    pub(crate) fn payload<R>(&self, head: Head, read: impl FnOnce(&[u8]) -> R) -> io::Result<R> {
        let length = usize::try_from(head.length).map_err(|_| io::Error::from_raw_os_error(libc::EFBIG))?;
        let Some(end) = NonZeroUsize::new(length) else { return Ok(read(&[])) };
        let file = self.file()?;
        if length > INLINE {
            return Ok(read(&Contents::of(file, end)?));
        }
        let bytes = match &self.memory {
            Some(memory) => {
                let words = HEAD..HEAD + length.div_ceil(size_of::<u64>());
                let mut bytes: Vec<u8> = words.flat_map(|word| memory.page.load(word).to_ne_bytes()).collect();
                bytes.truncate(length);
                bytes
            }
            None => memory::read(file, length)?,
        };
        Ok(read(&bytes))
    }

    /// Lets go of the memory in a child just forked: it is a sibling's, and its page is not there.
    pub(crate) fn release(&self) {
        self.memory.iter().for_each(Memory::release);
    }

    /// The page for the child to fill, and the generation to stamp its head with.
    #[inline]
    fn parts(&self) -> nix::Result<(&Page, u32)> {
        let Some(memory) = &self.memory else { return Err(Errno::EBADF) };
        Ok((&memory.page, memory.generation))
    }

    /// Writes the head. Makes no system call, allocates nothing.
    #[inline]
    pub(crate) fn commit(&self, head: Head) -> nix::Result<()> {
        let (page, generation) = self.parts()?;
        let [stamp, rest @ ..] = head.encode(generation);
        rest.into_iter().enumerate().for_each(|(index, word)| page.store(index + 1, word));
        page.store(0, stamp);
        Ok(())
    }

    /// Writes anything in the place of the head.
    #[cfg(any(test, fuzzing))]
    pub(crate) fn lay_out(&self, head: [u64; 3]) {
        let memory = self.memory.iter();
        memory.for_each(|memory| head.into_iter().enumerate().for_each(|(index, word)| memory.page.store(index, word)));
    }

    /// Writes a whole payload that fits into the page.
    ///
    /// # Panics
    ///
    /// If it is longer than [`INLINE`].
    pub(crate) fn fill(&self, bytes: &[u8]) -> nix::Result<()> {
        let (page, _) = self.parts()?;
        for (index, chunk) in bytes.chunks(size_of::<u64>()).enumerate() {
            let mut word = [0; size_of::<u64>()];
            word[..chunk.len()].copy_from_slice(chunk);
            page.store(HEAD + index, u64::from_ne_bytes(word));
        }
        Ok(())
    }

    /// Writes a part of a payload that will be too long for the page.
    ///
    /// # Errors
    ///
    /// `EBADF` when the file is not there any more: the user's function has closed all descriptors, say, and opened one of
    /// its own in that place.
    pub(crate) fn append(&self, bytes: &[u8], offset: u64) -> nix::Result<()> {
        if offset == 0 && !self.memory.as_ref().is_some_and(Memory::has_its_file) {
            return Err(Errno::EBADF);
        }
        self.parts()?.0.store(SPILLED, 1);
        memory::write_at(self.file()?, bytes, offset)
    }
}

impl Drop for Report {
    /// Keeps the memory for another child. With the registry held only after `bury`, which leaves nothing to do.
    fn drop(&mut self) {
        match &self.memory {
            None => {}
            Some(memory) if memory.owner != direct::id() => mem::forget(self.memory.take()),
            Some(_) => self.bury(&mut registry::lock()),
        }
    }
}
