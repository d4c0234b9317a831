//! The C library's output buffers.

use std::ffi::{CStr, c_int, c_void};
use std::ptr;
use std::sync::OnceLock;

/// Writes out what the C library has buffered for any stream.
///
/// `fflush` of all streams touches enough code and locks to cost a forked child eight page faults (7 to 12 us,
/// measured), so it is left out when there plainly is nothing to write: no stream beside the standard three, and
/// these empty.
pub(crate) fn flush_c() {
    if !Streams::get().is_some_and(Streams::are_empty) {
        // SAFETY: a null stream asks for all output streams; the C library takes the locks it needs.
        unsafe { libc::fflush(ptr::null_mut()) };
    }
}

type Stream = *mut libc::FILE;

/// Where glibc keeps its streams. Another C library has no list by this name, and is flushed each time.
struct Streams {
    /// The stream opened last; the standard ones stand behind all others, `stderr` first.
    list: *const Stream,
    out: *const Stream,
    err: *const Stream,
}

// SAFETY: the pointers are to variables of the C library, read only, by volatile reads.
unsafe impl Send for Streams {}
// SAFETY: as above.
unsafe impl Sync for Streams {}

impl Streams {
    fn get() -> Option<&'static Streams> {
        static STREAMS: OnceLock<Option<Streams>> = OnceLock::new();
        let find = || {
            let (list, out, err) = (variable(c"_IO_list_all"), variable(c"stdout"), variable(c"stderr"));
            Some(Streams { list: list?.cast(), out: out?.cast(), err: err?.cast() })
        };
        STREAMS.get_or_init(find).as_ref()
    }

    fn are_empty(&self) -> bool {
        let [list, out, err] = [self.list, self.out, self.err].map(|variable| {
            // SAFETY: a variable of the C library, which lives as long as the process.
            unsafe { variable.read_volatile() }
        });
        list == err && !may_be_pending(out) && !may_be_pending(err)
    }
}

/// The beginning of glibc's `FILE`, which its header shows and which has not changed since the macros of `<stdio.h>`
/// were compiled into programs.
#[repr(C)]
struct File {
    flags: c_int,
    read: [*const c_void; 3],
    write_base: *const c_void,
    write_next: *const c_void,
    rest: [*const c_void; 18],
    /// Positive for a stream of wide characters, which has its buffer elsewhere.
    mode: c_int,
}

/// Whether `stream` may have something buffered. As `__fpending`, which lies in a page of code that a child does not
/// have yet.
fn may_be_pending(stream: Stream) -> bool {
    if stream.is_null() {
        return false;
    }
    if cfg!(not(target_pointer_width = "64")) {
        return true; // laid out in another way
    }
    // SAFETY: a standard stream, open until the process ends: `fclose` of one leaves the structure in place. Volatile,
    // for another thread may be writing to it.
    let File { write_base, write_next, mode, .. } = unsafe { stream.cast::<File>().read_volatile() };
    mode > 0 || !ptr::eq(write_base, write_next)
}

fn variable(name: &CStr) -> Option<*const c_void> {
    // SAFETY: asks for a name in the images that are loaded.
    let address = unsafe { libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr()) };
    (!address.is_null()).then_some(address.cast_const())
}
