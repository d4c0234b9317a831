//! Whether anything in this process could have asked to be called at a `fork`.
//!
//! `pthread_atfork` keeps its list to itself, but whoever calls it has to import it: in a program that is linked
//! dynamically, an object that registers handlers has `__register_atfork` among its undefined symbols. So a look at
//! the symbol tables of the loaded objects, once, and again after each `dlopen`, tells whether there can be any.
//! One way around it is not seen: an address looked up at run time with `dlsym`.

use std::ffi::{CStr, c_int, c_void};
use std::ptr;
use std::sync::atomic::{AtomicU64, Ordering};

/// Whether `fork` may do more for this process than the kernel's part: run handlers, or the code of somebody who has
/// put a `fork` of his own in front of the C library's, as sanitizers and profilers do.
pub(crate) fn may_be_used() -> bool {
    /// How many objects there had been when all was found to be plain, plus one; 0 before.
    static PLAIN: AtomicU64 = AtomicU64::new(0);

    if cfg!(any(not(target_env = "gnu"), target_feature = "crt-static", not(target_pointer_width = "64"))) {
        return true; // no symbol table to look at, or a C library that does more of its own
    }
    let now = objects_ever_loaded() + 1;
    if PLAIN.load(Ordering::Relaxed) == now {
        return false;
    }
    let plain = fork_is_the_c_librarys() && !some_object_imports_it();
    if plain {
        PLAIN.store(now, Ordering::Relaxed);
    }
    !plain
}

/// Counts `dlopen`s too; never goes down.
fn objects_ever_loaded() -> u64 {
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

fn fork_is_the_c_librarys() -> bool {
    let fork = object_of(c"fork");
    fork.is_some() && fork == object_of(c"gnu_get_libc_version")
}

/// Where the object that defines `symbol` is loaded.
fn object_of(symbol: &CStr) -> Option<usize> {
    let mut info = libc::Dl_info {
        dli_fname: ptr::null(),
        dli_fbase: ptr::null_mut(),
        dli_sname: ptr::null(),
        dli_saddr: ptr::null_mut(),
    };
    // SAFETY: asks for a name in the images that are loaded.
    let address = unsafe { libc::dlsym(libc::RTLD_DEFAULT, symbol.as_ptr()) };
    // SAFETY: any address may be asked for; the answer goes to memory of ours.
    let found = unsafe { libc::dladdr(address, &raw mut info) };
    (found != 0).then(|| info.dli_fbase.addr())
}

fn some_object_imports_it() -> bool {
    unsafe extern "C" fn look(info: *mut libc::dl_phdr_info, _: usize, _: *mut c_void) -> c_int {
        // SAFETY: the loader passes a description of an object that stays loaded for the time of the call.
        let object = unsafe { &*info };
        c_int::from(imports_it(object).unwrap_or(true))
    }
    // SAFETY: the callback has the right signature and uses no data. It answers 1 to stop.
    unsafe { libc::dl_iterate_phdr(Some(look), ptr::null_mut()) != 0 }
}

/// The names under which a program may know the function: today's, and that of glibc before 2.3.2.
const NAMES: [&CStr; 2] = [c"__register_atfork", c"pthread_atfork"];

/// An entry of the dynamic section: elf(5), `Elf64_Dyn`.
#[repr(C)]
struct Dynamic {
    tag: i64,
    value: u64,
}

const SYMBOLS: i64 = 6; // DT_SYMTAB
const STRINGS: i64 = 5; // DT_STRTAB
const HASH: i64 = 4; // DT_HASH
const GNU_HASH: i64 = 0x6fff_fef5; // DT_GNU_HASH

/// Whether the object has one of [`NAMES`] among its undefined symbols; `None` if it cannot be told.
fn imports_it(object: &libc::dl_phdr_info) -> Option<bool> {
    let base = object.dlpi_addr as usize;
    // SAFETY: the loader's description: that many headers stand there.
    let headers = unsafe { std::slice::from_raw_parts(object.dlpi_phdr, usize::from(object.dlpi_phnum)) };
    let Some(dynamic) = headers.iter().find(|header| header.p_type == libc::PT_DYNAMIC) else {
        return Some(false); // links to nothing
    };
    let mut entry = ptr::with_exposed_provenance::<Dynamic>(base + dynamic.p_vaddr as usize);
    let [mut symbols, mut strings, mut hash, mut gnu_hash] = [None; 4];
    loop {
        // SAFETY: the dynamic section is mapped, and ends with an entry of tag 0, after which nothing is read.
        let Dynamic { tag, value } = unsafe { entry.read() };
        // The loader turns offsets into addresses in most objects, but not in all.
        let address = if (value as usize) < base { base + value as usize } else { value as usize };
        match tag {
            0 => break,
            SYMBOLS => symbols = Some(address),
            STRINGS => strings = Some(address),
            HASH => hash = Some(address),
            GNU_HASH => gnu_hash = Some(address),
            _ => {}
        }
        // SAFETY: not the last entry, so there is one behind it.
        entry = unsafe { entry.add(1) };
    }
    // Both tables tell how many symbols could be undefined ones: the second word of the one is the number of all,
    // that of the other is where the defined ones begin.
    let count = ptr::with_exposed_provenance::<u32>(gnu_hash.or(hash)?).wrapping_add(1);
    // SAFETY: a hash table begins with four words, or two.
    let count = unsafe { count.read() };
    let (symbols, strings) = (ptr::with_exposed_provenance::<libc::Elf64_Sym>(symbols?), strings?);
    // SAFETY: the symbol table has at least as many entries.
    let symbols = unsafe { std::slice::from_raw_parts(symbols, count as usize) };
    Some(symbols.iter().filter(|symbol| symbol.st_shndx == 0).any(|symbol| {
        let name = ptr::with_exposed_provenance(strings + symbol.st_name as usize);
        // SAFETY: names are offsets into the string table, which is mapped for as long as the object, and end with 0.
        let name = unsafe { CStr::from_ptr(name) };
        NAMES.contains(&name)
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_importing_object_is_found() {
        unsafe extern "C" {
            fn pthread_atfork(
                _: Option<extern "C" fn()>,
                _: Option<extern "C" fn()>,
                _: Option<extern "C" fn()>,
            ) -> c_int;
        }
        // Never called in this test; that it could be is what counts. The test harness itself must not import it.
        let address = std::hint::black_box(pthread_atfork as *const c_void);
        assert!(!address.is_null());
        assert!(some_object_imports_it());
        assert!(may_be_used());
    }
}
