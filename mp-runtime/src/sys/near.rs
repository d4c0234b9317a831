//! Where the code lies that a forked child runs.
//!
//! A child has none of the program's code mapped: the first touch of each window of 64 KiB (the kernel's `fault_around_bytes`) is a page
//! fault. With what it costs at the end that is 3 us, 2.5 % of a start, where the page cache has the executable in single pages, as after it
//! was linked; half a microsecond where it has larger ones. The compiler and the linker lay out functions by the crate and the module that
//! they are compiled with, so what each child runs would be all over the executable. These functions are laid out together instead, and what
//! they call is inlined into them. Two windows remain: this one, with std's flush of stdout, and what that calls, which is private to std
//! and so cannot be named here.
//!
//! What parent and child write to right after the fork lies in few pages for a like reason: each is copied (`process/own`, `process/stock`,
//! `stack`). The tests `clone::child_has_few_page_faults` and `clone::parent_has_few_page_faults` have bounds for both. (With a raw `fork` it is
//! 8 in a child and 2 in its parent, by `getrusage`.)
//!
//! The parent's code lies in few pages, too, for a fork empties the processor's cache of page addresses. What each start or join calls, and
//! nothing else does, is `#[inline]`: the compiler would leave it where its module is. What only some of them call is apart, and `#[cold]`.
//! Code of 40 pages instead of 50 was 1 % of a start (by programs with and without, in turn). 24 pages, by a list for the linker, were
//! nothing more.

/// Has the function lie near the others; with `server:` before it, behind them, for a forked child does not run it: the shorter what that
/// runs, the less often it lies in two windows.
///
/// GNU ld goes by the name of the section: it puts together what is hot. lld has to be told, so each of these needs a [`lay_near`]. mold does
/// neither: there they lie where the code of their modules does.
macro_rules! near {
    (@ $section:literal $(#[$attribute:meta])* $visibility:vis fn $($rest:tt)*) => {
        $(#[$attribute])*
        #[allow(unsafe_code, reason = "no more than a place for its code")]
        // SAFETY: a section that nothing but functions are in.
        #[unsafe(link_section = $section)]
        $visibility fn $($rest)*
    };
    (server: $($function:tt)*) => { near! { @ ".text.hot.mp_runtime_server" $($function)* } };
    ($($function:tt)*) => { near! { @ ".text.hot.mp_runtime" $($function)* } };
}
pub(crate) use near;

/// Has lld lay out a function next to its caller, and both before other code; a function of std's, too, if it can be named. Stands in code
/// that is linked if these are, and is no instruction.
///
/// `weight` is 1000 for what each forked child runs, 100 for what some run, and 1 for what only children of the fork server or of an exec do.
///
/// lld orders code by how often functions call each other, if object files say so, as those do that are compiled with a profile
/// (`--call-graph-profile-sort`); in a program that has a profile, these are some among many. With debug assertions nothing is said, for a
/// debug build may be made by Cranelift, which takes no `sym`. A release build by Cranelift does not compile.
macro_rules! lay_near {
    (weight: $weight:literal, $caller:path => $($callee:tt)+) => {
        #[cfg(all(target_arch = "x86_64", not(any(debug_assertions, miri))))] // where lld is the default
        #[allow(unsafe_code, reason = "no instruction")]
        // SAFETY: a directive for the assembler: it changes no register and no memory.
        unsafe {
            std::arch::asm!(
                concat!(".cg_profile {0}, {1}, ", $weight),
                sym $caller,
                sym $($callee)+,
                options(nomem, nostack, preserves_flags)
            )
        };
        let _ = $caller; // or it would be unused where nothing is said
    };
}
pub(crate) use lay_near;
