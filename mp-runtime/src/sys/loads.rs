//! How many objects the loader has ever loaded into this process.
//!
//! `dl_iterate_phdr` tells, exactly, but takes the loader's lock for it: a fiftieth of a start, most of it for a page that the last
//! child has made read-only. The number stands in the variable in which glibc's loader keeps all of its state, at a place that differs
//! from version to version. So when the loader was asked, the words of that variable that are equal to the number are noted. The true one
//! is among them: while none of these has changed, it has not.

use std::ffi::{c_int, c_void};
use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicU64, Ordering::Relaxed};

/// What `dl_iterate_phdr` said last; 0 before it was asked.
static SAID: AtomicU64 = AtomicU64::new(0);

/// The words of the loader's variable that had this value then, or nulls.
static WORDS: [AtomicPtr<u64>; 16] = [const { AtomicPtr::new(ptr::null_mut()) }; 16];

/// Counts each `dlopen`; never goes down. For a process of one thread.
pub(crate) fn ever() -> u64 {
    let said = SAID.load(Relaxed);
    let mut words = WORDS.iter().map(|word| word.load(Relaxed)).take_while(|word| !word.is_null()).peekable();
    // SAFETY: a word of the loader's, which is never unloaded.
    if words.peek().is_some() && words.all(|word| unsafe { word.read_volatile() } == said) {
        return said;
    }
    let now = ask();
    note(now);
    now
}

fn ask() -> u64 {
    unsafe extern "C" fn first(info: *mut libc::dl_phdr_info, _: usize, adds: *mut c_void) -> c_int {
        // SAFETY: the loader passes a description of an object, large enough for this field since glibc 2.4.
        let loaded = unsafe { (*info).dlpi_adds };
        // SAFETY: the pointer that was handed to `dl_iterate_phdr` below.
        unsafe { adds.cast::<u64>().write(loaded) };
        1 // enough seen
    }
    let mut adds = 0_u64;
    // SAFETY: the callback has the right signature and writes to `adds` only, which outlives the call.
    unsafe { libc::dl_iterate_phdr(Some(first), (&raw mut adds).cast()) };
    adds
}

/// Notes the words that have the value `now`, or none if these are too many.
fn note(now: u64) {
    let mut found = [ptr::null_mut(); WORDS.len()];
    let mut count = 0;
    for word in state() {
        // SAFETY: within the loader's variable, aligned.
        if unsafe { word.read_volatile() } == now {
            let Some(place) = found.get_mut(count) else {
                found.fill(ptr::null_mut());
                break;
            };
            *place = word;
            count += 1;
        }
    }
    WORDS.iter().zip(found).for_each(|(word, found)| word.store(found, Relaxed));
    SAID.store(now, Relaxed);
}

/// The words of the variable in which glibc's loader keeps its state: none where there is no such variable.
fn state() -> impl Iterator<Item = *mut u64> {
    // SAFETY: asks for a name in the images that are loaded.
    let start = unsafe { libc::dlsym(libc::RTLD_DEFAULT, c"_rtld_global".as_ptr()) }.cast::<u64>();
    let length = if start.is_null() || !start.is_aligned() { 0 } else { size(start.cast()) / size_of::<u64>() };
    (0..length).map(move |index| start.wrapping_add(index))
}

/// How many bytes the variable at `start` has.
fn size(start: *const c_void) -> usize {
    #[cfg(all(target_env = "gnu", target_pointer_width = "64"))]
    {
        // As in <dlfcn.h>; the `libc` crate has neither.
        unsafe extern "C" {
            fn dladdr1(_: *const c_void, _: *mut libc::Dl_info, _: *mut *mut c_void, _: c_int) -> c_int;
        }
        const RTLD_DL_SYMENT: c_int = 1;

        let mut symbol: *mut c_void = ptr::null_mut();
        let mut info = std::mem::MaybeUninit::<libc::Dl_info>::uninit();
        // SAFETY: any address may be asked for; the answers go to memory of ours.
        let found = unsafe { dladdr1(start, info.as_mut_ptr(), &raw mut symbol, RTLD_DL_SYMENT) };
        if found != 0 && !symbol.is_null() {
            // SAFETY: an entry of the symbol table of an object that stays loaded.
            let symbol = unsafe { symbol.cast::<libc::Elf64_Sym>().read() };
            return symbol.st_size as usize;
        }
    }
    let _ = start;
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(all(target_env = "gnu", not(target_feature = "crt-static")))]
    fn a_library_that_is_loaded_counts_and_one_that_is_closed_has_counted() {
        // SAFETY: a library whose constructors do nothing, in a namespace of its own, so that it is loaded anew.
        let load = || unsafe { libc::dlmopen(libc::LM_ID_NEWLM, c"libm.so.6".as_ptr(), libc::RTLD_NOW) };
        let before = ever();
        assert!(!WORDS[0].load(Relaxed).is_null(), "the loader keeps the number in its state");
        assert_eq!((before, ever()), (ask(), before));
        let library = load();
        assert!(!library.is_null(), "there is such a library");
        let loaded = ever();
        assert!(loaded > before && loaded == ask());
        // SAFETY: loaded above, and not used.
        assert_eq!(unsafe { libc::dlclose(library) }, 0);
        assert!(ever() == ask() && ever() >= loaded);
        assert!(!load().is_null() && ever() > loaded && ever() == ask());
    }
}
