//! Where the code lies that a forked child runs.
//!
//! A child has none of the program's code mapped: the first touch of each window of 64 KiB is a page fault. Where the executable is in single
//! pages of the page cache, as the linker leaves it, that takes 3 us with what it costs at the end, 2.5 % of a start. The compiler and the
//! linker lay out functions by the crate and the module that they are compiled with, so what is on the way of every child would be all over
//! the executable. It is laid out together instead, with the one function of std's that it calls; what else it calls is inlined into it. A
//! second window is the one of what std calls to flush its stdout, which has no name outside.
//!
//! What parent and child write to right after the fork lies in few pages for a like reason: each is copied (`process/own`, `process/stock`,
//! `stack`). A child has 7 to 9 page faults in all, its parent 3 to 5, depending on where the linker and the loader put things; with a raw
//! `fork` they have 8 and 2 (by `getrusage`, laid out by lld). The tests `clone::child_has_few_page_faults` and
//! `clone::parent_has_few_page_faults` have bounds for lucky processes.
//!
//! The parent's code lies in few pages, too, for a fork empties the processor's cache of page addresses. What each start or join calls, and
//! nothing else does, is `#[inline]`: the compiler would leave it where its module is. What only some of them call is apart, and `#[cold]`.
//! Code of 40 pages instead of 50 was 1 % of a start (by programs with and without, in turn). 24 pages, by a list for the linker, were
//! nothing more.

/// Has the function lie near the others; with `server:` before it, apart from them, for a child that is forked does not run it: the shorter
/// what that runs, the less often it lies in two windows.
///
/// GNU ld goes by the name of the section: it puts what is hot together. lld has to be told by [`lay_near`], too. With another linker it
/// lies where the code of its module does.
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

/// Has lld lay a function out behind the one that it is called by, and both before other code: one of std's, too, if it can be named. Of a
/// thousand starts it is called in so many as `calls`. It stands in code that is linked if these are, and is no instruction.
///
/// lld orders code by how often functions call each other, if object files say so, as those do that are compiled with a profile
/// (`--call-graph-profile-sort`). GNU ld passes over it. A debug build says nothing: it may be made by Cranelift, which has no such line.
macro_rules! lay_near {
    (calls: $calls:literal, $caller:path => $($callee:tt)+) => {
        #[cfg(all(not(any(debug_assertions, miri)), any(target_arch = "x86_64", target_arch = "aarch64")))]
        #[allow(unsafe_code, reason = "no instruction")]
        // SAFETY: nothing is executed.
        unsafe {
            std::arch::asm!(
                concat!(".cg_profile {0}, {1}, ", $calls),
                sym $caller,
                sym $($callee)+,
                options(nomem, nostack, preserves_flags)
            )
        };
        let _ = $caller; // in use also where nothing is said
    };
}
pub(crate) use lay_near;
