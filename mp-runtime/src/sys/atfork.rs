//! Whether anything in this process could have asked to be called at a `fork`.
//!
//! `pthread_atfork` keeps its list to itself, but whoever calls it has to import it: in a program that is linked
//! dynamically, an object that registers handlers has a relocation for `__register_atfork`. So a look at the loaded
//! objects, once, and again after each `dlopen`, tells whether there can be any.
//! One way around it is not seen: an address looked up at run time with `dlsym`.

use std::ffi::{CStr, c_int, c_void};
use std::ptr;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::sys::loads;

/// Whether `fork` may do more for this process than the kernel's part: run handlers, or the code of somebody who has
/// put a `fork` of his own in front of the C library's, as sanitizers and profilers do.
#[inline]
pub(crate) fn may_be_used() -> bool {
    /// How many objects there had been when all was found to be plain, plus one; 0 before.
    static PLAIN: AtomicU64 = AtomicU64::new(0);

    if cfg!(any(not(target_env = "gnu"), target_feature = "crt-static", not(target_pointer_width = "64"))) {
        return true; // no symbol table to look at, or a C library that does more of its own
    }
    let now = loads::ever() + 1;
    if PLAIN.load(Ordering::Relaxed) == now {
        return false;
    }
    let plain = fork_is_the_c_librarys() && keeps_no_process_id() && !some_object_imports_it();
    if plain {
        PLAIN.store(now, Ordering::Relaxed);
    }
    !plain
}

fn fork_is_the_c_librarys() -> bool {
    let fork = object_of(c"fork");
    fork.is_some() && fork == object_of(c"gnu_get_libc_version")
}

/// Whether the C library asks the kernel for the process id each time, as it does since 2.25.
fn keeps_no_process_id() -> bool {
    #[cfg(target_env = "gnu")]
    {
        // SAFETY: no precondition.
        let version = unsafe { libc::gnu_get_libc_version() };
        // SAFETY: a string of the library's, which lives as long as the process.
        let version = unsafe { CStr::from_ptr(version) };
        let mut numbers = version.to_str().unwrap_or("").split('.').map(|number| number.parse().unwrap_or(0));
        (numbers.next(), numbers.next()) >= (Some(2), Some(25))
    }
    #[cfg(not(target_env = "gnu"))]
    false
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

/// A place that the loader fills in: elf(5), `Elf64_Rela`.
#[repr(C)]
struct Relocation {
    offset: u64,
    info: u64,
    addend: i64,
}

/// What the dynamic section says under some of its tags.
#[derive(Default)]
struct Tables {
    symbols: Option<usize>,
    strings: Option<usize>,
    /// Where the relocations of data and those of calls are, and how many bytes.
    relocations: [(Option<usize>, usize); 2],
    /// Whether there are relocations of a kind that this does not read.
    others: bool,
}

/// Whether the object has one of [`NAMES`] among the symbols it has relocations for, as every import has; `None` if it
/// cannot be told. (Its hash tables need not list what it imports.)
fn imports_it(object: &libc::dl_phdr_info) -> Option<bool> {
    // SAFETY: the loader's description: that many headers stand there.
    let headers = unsafe { std::slice::from_raw_parts(object.dlpi_phdr, usize::from(object.dlpi_phnum)) };
    let Some(dynamic) = headers.iter().find(|header| header.p_type == libc::PT_DYNAMIC) else {
        return Some(false); // links to nothing
    };
    let base = object.dlpi_addr as usize;
    let loaded = |address: usize| {
        headers
            .iter()
            .filter(|header| header.p_type == libc::PT_LOAD)
            .any(|header| address.wrapping_sub(base.wrapping_add(header.p_vaddr as usize)) < header.p_memsz as usize)
    };
    // The loader turns offsets into addresses in most objects, but not in all.
    let place =
        |value: u64| [value as usize, base.wrapping_add(value as usize)].into_iter().find(|address| loaded(*address));
    let tables = tables(base.wrapping_add(dynamic.p_vaddr as usize), place);
    if tables.others {
        return None;
    }
    let mut names = Vec::new();
    for (start, bytes) in tables.relocations {
        if bytes == 0 {
            continue;
        }
        let (start, count) = (ptr::with_exposed_provenance::<Relocation>(start?), bytes / size_of::<Relocation>());
        // SAFETY: a table of the object, as large as it says, mapped for as long as the object is.
        let relocations = unsafe { std::slice::from_raw_parts(start, count) };
        for symbol in relocations.iter().map(|relocation| relocation.info >> 32).filter(|symbol| *symbol != 0) {
            let symbol = ptr::with_exposed_provenance::<libc::Elf64_Sym>(tables.symbols?).wrapping_add(symbol as usize);
            // SAFETY: the symbol table reaches as far as the relocations ask for.
            names.push(tables.strings? + unsafe { (*symbol).st_name } as usize);
        }
    }
    Some(names.into_iter().any(|name| {
        // SAFETY: names are in the string table, which is mapped for as long as the object, and end with 0.
        let name = unsafe { CStr::from_ptr(ptr::with_exposed_provenance(name)) };
        NAMES.contains(&name)
    }))
}

/// Reads the dynamic section at `start`; `place` finds the address for a value.
fn tables(start: usize, place: impl Fn(u64) -> Option<usize>) -> Tables {
    let mut tables = Tables::default();
    let mut entry = ptr::with_exposed_provenance::<Dynamic>(start);
    loop {
        // SAFETY: the dynamic section is mapped, and ends with an entry of tag 0, after which nothing is read.
        let Dynamic { tag, value } = unsafe { entry.read() };
        match tag {
            0 => return tables,
            2 => tables.relocations[1].1 = value as usize, // DT_PLTRELSZ
            5 => tables.strings = place(value),            // DT_STRTAB
            6 => tables.symbols = place(value),            // DT_SYMTAB
            7 => tables.relocations[0].0 = place(value),   // DT_RELA
            8 => tables.relocations[0].1 = value as usize, // DT_RELASZ
            17 => tables.others = true,                    // DT_REL
            20 => tables.others |= value != 7,             // DT_PLTREL
            23 => tables.relocations[1].0 = place(value),  // DT_JMPREL
            _ => {}
        }
        // SAFETY: not the last entry, so there is one behind it.
        entry = unsafe { entry.add(1) };
    }
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
