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
//! `fork` they have 8 and 2 (by `getrusage`). The tests `clone::child_has_few_page_faults` and `clone::parent_has_few_page_faults` have bounds
//! for it.
//!
//! The parent's code lies in few pages, too, for a fork empties the processor's cache of page addresses. What each start or join calls, and
//! nothing else does, is `#[inline]`: the compiler would leave it where its module is. What only some of them call is apart, and `#[cold]`.
//! Code of 40 pages instead of 50 was 1 % of a start (by programs with and without, in turn). 24 pages, by a list for the linker, were
//! nothing more.

/// Has the function lie near the others; with `server:` before it, behind them, for only children of the fork server run it:
/// the shorter what a forked one runs, the less often it lies in two windows.
///
/// GNU ld goes by the name of the section: it puts what is hot together. lld has to be told by [`lay_near`], too.
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

/// Has lld lay a function out behind the one that it is called by, and what is laid out so before all other code: a function of std's, too,
/// if it can be named. It stands in code that is linked if these are, and is no instruction.
///
/// lld orders functions by how often they call each other, if object files say so, as those do that are compiled with a profile
/// (`--call-graph-profile-sort`). Other linkers pass over it. A debug build says nothing: it may be made with an assembler that has no such
/// line (Cranelift's).
macro_rules! lay_near {
    (@ $line:literal $caller:path => $($callee:tt)+) => {
        #[cfg(not(any(debug_assertions, miri)))]
        #[allow(unsafe_code, reason = "no instruction")]
        // SAFETY: nothing is executed.
        unsafe {
            std::arch::asm!($line, sym $caller, sym $($callee)+, options(nomem, nostack, preserves_flags))
        };
        #[cfg(any(debug_assertions, miri))]
        let _ = $caller; // it is in use here, too
    };
    (server: $($call:tt)+) => { lay_near! { @ ".cg_profile {0}, {1}, 1" $($call)+ } };
    ($($call:tt)+) => { lay_near! { @ ".cg_profile {0}, {1}, 1000000" $($call)+ } };
}
pub(crate) use lay_near;
