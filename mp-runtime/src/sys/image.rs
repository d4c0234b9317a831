//! Where functions are in the executable, for another process that runs the same one.
//!
//! Code is loaded at another address each time, but as a whole. So a function is named by its distance from a place in the
//! same executable, the anchor, and the executable by the id that the linker gave it.

use std::ffi::{c_int, c_void};
use std::io::Write;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::ptr::NonNull;
use std::sync::OnceLock;

/// Runs a process function on arguments that were written down, and writes its value; or says why there is none.
pub(crate) type Entry = fn(&[u8], Vec<OwnedFd>, &mut dyn Write) -> Result<(), String>;

/// An entry, as another process of the same executable finds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place(i64);

/// What there is to know of the executable.
#[derive(Debug, Default)]
pub(crate) struct Image {
    /// The id that the linker made of its contents; empty if it made none.
    pub(crate) id: Vec<u8>,
    /// The code that the anchor is in.
    code: (usize, usize),
    /// The functions that the C library calls before `main`.
    constructors: (usize, usize),
}

/// The anchor.
fn anchor() -> usize {
    anchor as *const () as usize
}

/// The executable of this process; `None` if this code is not in it, but in a library that it has loaded,
pub(crate) fn executable() -> Option<&'static Image> {
    static IMAGE: OnceLock<Option<Image>> = OnceLock::new();
    IMAGE.get_or_init(look).as_ref()
}

/// Finds out what is found out once, before a fork: in the middle of that, by another thread, the child would wait for that thread for
/// ever.
pub(crate) fn prepare() {
    executable();
    is_run_by_another();
}

/// Whether this process runs another file than the one that this code is from: a loader that was told to load this one.
pub(crate) fn is_run_by_another() -> bool {
    static ANOTHER: OnceLock<bool> = OnceLock::new();
    *ANOTHER.get_or_init(|| {
        let (Ok(run), Some(mapped)) = (std::fs::read_link("/proc/thread-self/exe"), mapped_at(anchor())) else {
            return false;
        };
        run.as_os_str().as_bytes() != mapped
    })
}

/// The name of the file that is mapped at an address, as the kernel writes it; `None` if there is none, or it is written in
/// another way than links are.
fn mapped_at(address: usize) -> Option<Vec<u8>> {
    let maps = std::fs::read("/proc/thread-self/maps").ok()?;
    let holds = |line: &&[u8]| {
        let range = line.split(|byte| *byte == b' ').next().and_then(|range| str::from_utf8(range).ok());
        let bounds = range.and_then(|range| range.split_once('-'));
        let bounds = bounds.map(|(start, end)| (usize::from_str_radix(start, 16), usize::from_str_radix(end, 16)));
        matches!(bounds, Some((Ok(start), Ok(end))) if (start..end).contains(&address))
    };
    let line = maps.split(|byte| *byte == b'\n').find(holds)?;
    let name = &line[line.iter().position(|byte| *byte == b'/')?..];
    (!name.contains(&b'\\')).then(|| name.to_vec())
}

impl Place {
    /// Where `entry` is; `None` if it is not in the executable.
    pub(crate) fn of(entry: Entry) -> Option<Place> {
        let address = entry as *const () as usize;
        executable()?.has(address).then(|| Place((address as i64).wrapping_sub(anchor() as i64)))
    }

    /// As a number, to be sent to another process.
    pub(crate) fn to_raw(self) -> i64 {
        self.0
    }

    /// The entry at a place that a process of the executable with this `id` has sent as a number; `None` if this is another.
    pub(crate) fn resolve(raw: i64, id: &[u8]) -> Option<Entry> {
        let image = executable()?;
        let address = (anchor() as i64).wrapping_add(raw) as usize;
        if image.id != id || !image.has(address) {
            return None;
        }
        let address = std::ptr::with_exposed_provenance::<c_void>(address);
        // SAFETY: the number comes from `to_raw` (it is sent over a socket that none but the runtime's processes have), so
        // from `of`, in a process of the executable with the same id, which is this one: an `Entry` is there.
        Some(unsafe { std::mem::transmute::<*const c_void, Entry>(address) })
    }
}

impl Image {
    fn has(&self, address: usize) -> bool {
        (self.code.0..self.code.1).contains(&address)
    }

    /// Calls the constructors of the executable that come after `constructor`, which is one of them, with the
    /// arguments that it was given.
    pub(crate) fn finish_construction(&self, constructor: Constructor, (count, arguments, environment): Arguments) {
        let functions = self.constructors.0..self.constructors.1;
        let ours = constructor as *const () as usize;
        let mut seen = false;
        for place in functions.step_by(size_of::<usize>()) {
            let place = std::ptr::with_exposed_provenance::<Option<Constructor>>(place);
            // SAFETY: within the array of such functions that the executable says it has; relocated before any was called.
            let Some(function) = (unsafe { place.read() }) else { continue };
            let address = function as *const () as usize;
            if seen && address != usize::MAX {
                function(count, arguments, environment);
            }
            seen |= address == ours;
        }
    }
}

/// A function that the C library calls before `main`.
pub(crate) type Constructor = extern "C" fn(c_int, *const *const i8, *const *const i8);

/// What it is given: the count of arguments, these, and the environment.
pub(crate) type Arguments = (c_int, *const *const i8, *const *const i8);

/// A function that captures nothing, as a type: proof that there is a value of it, for [`Witness::again`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct Witness<F>(std::marker::PhantomData<F>);

impl<F: Copy> Witness<F> {
    /// The witness that a process of another image has: the entry that asks was made for a function that was there.
    ///
    /// Only for code that is generic over `F` and reached by the address that a holder of an `F` has sent.
    pub(crate) fn again() -> F {
        const { assert!(size_of::<F>() == 0, "a process function captures nothing") };
        // SAFETY: a value of no bytes can be read from any aligned address; of a type that can be copied, all values are
        // alike. And there is one: the caller was reached by way of an `Entry` that was made by who had one.
        unsafe { NonNull::<F>::dangling().read() }
    }
}

fn look() -> Option<Image> {
    let mut found: Option<Image> = None;
    let data = (&raw mut found).cast::<c_void>();
    // SAFETY: `examine` is called with `data` as long as this call lasts, and no longer.
    unsafe { libc::dl_iterate_phdr(Some(examine), data) };
    found.filter(|image| image.has(anchor()))
}

/// Examines the first object, the executable, and ends the iteration.
unsafe extern "C" fn examine(info: *mut libc::dl_phdr_info, _size: usize, data: *mut c_void) -> c_int {
    // SAFETY: the loader passes a record of its own that lives as long as the call.
    let info = unsafe { &*info };
    // SAFETY: the loader says where the headers are, and how many.
    let headers = unsafe { std::slice::from_raw_parts(info.dlpi_phdr, usize::from(info.dlpi_phnum)) };
    let base = info.dlpi_addr as usize;
    let range = |header: &libc::Elf64_Phdr| {
        let start = base.wrapping_add(header.p_vaddr as usize);
        (start, start.wrapping_add(header.p_memsz as usize))
    };
    let mut image = Image::default();
    for header in headers {
        let (start, end) = range(header);
        match header.p_type {
            libc::PT_LOAD if (start..end).contains(&anchor()) => image.code = (start, end),
            // SAFETY: a loaded segment of notes.
            libc::PT_NOTE if image.id.is_empty() => image.id = unsafe { build_id(start, end) }.unwrap_or_default(),
            // SAFETY: the loaded table that ends with an entry of zeroes.
            libc::PT_DYNAMIC => image.constructors = unsafe { constructors(start, base) },
            _ => {}
        }
    }
    // SAFETY: what `look` has handed over.
    unsafe { *data.cast::<Option<Image>>() = Some(image) };
    1
}

/// The note GNU_BUILD_ID between two addresses.
unsafe fn build_id(mut at: usize, end: usize) -> Option<Vec<u8>> {
    const BUILD_ID: u32 = 3;
    while at + 12 <= end {
        // SAFETY: three words, within the segment and aligned as notes are.
        let [name, description, kind] = unsafe { std::ptr::with_exposed_provenance::<[u32; 3]>(at).read_unaligned() };
        let text = at + 12;
        let content = text + (name as usize).next_multiple_of(4);
        let next = content + (description as usize).next_multiple_of(4);
        if next > end {
            return None;
        }
        // SAFETY: within the segment, as checked.
        let owner = unsafe { std::slice::from_raw_parts(std::ptr::with_exposed_provenance::<u8>(text), name as usize) };
        if kind == BUILD_ID && owner == b"GNU\0" {
            let content = std::ptr::with_exposed_provenance::<u8>(content);
            // SAFETY: as above.
            return Some(unsafe { std::slice::from_raw_parts(content, description as usize) }.to_vec());
        }
        at = next;
    }
    None
}

/// Where the array of constructors begins and ends, from the dynamic table at `at`.
unsafe fn constructors(at: usize, base: usize) -> (usize, usize) {
    const INIT_ARRAY: usize = 25;
    const INIT_ARRAY_SIZE: usize = 27;
    let (mut start, mut length) = (0, 0);
    let mut entry = std::ptr::with_exposed_provenance::<[usize; 2]>(at);
    loop {
        // SAFETY: within the table: its last entry has the tag 0.
        let [tag, value] = unsafe { entry.read() };
        match tag {
            0 => return (start, start + length),
            INIT_ARRAY => start = base.wrapping_add(value),
            INIT_ARRAY_SIZE => length = value,
            _ => {}
        }
        // SAFETY: that was not the last.
        entry = unsafe { entry.add(1) };
    }
}
