//! Where the code lies that a forked child runs.
//!
//! A child has none of the program's code mapped: the first touch of each window of 64 KiB is a page fault, 2 us with what it
//! costs at the end. The compiler and the linker lay out functions by the crate and the module that they are compiled with, so
//! what is on the way of every child would be all over the executable. It is linked into a section of its own instead; and
//! what it calls is inlined into it.
//!
//! What parent and child write to right after the fork lies in few pages for a like reason: each is copied (`process/own`, `process/stock`,
//! `stack`). A child has 8 to 10 page faults in all, its parent 3 to 5, depending on where the linker and the loader put things; with a raw
//! `fork` they have 8 and 2 (by `perf`). The tests `clone::child_has_few_page_faults` and `clone::parent_has_few_page_faults` have bounds for
//! the luckiest of ten runs.
//!
//! The parent's code lies in few pages, too, for a fork empties the processor's cache of page addresses. What each start or join calls, and
//! nothing else does, is `#[inline]`: the compiler would leave it where its module is. What only some of them call is apart, and `#[cold]`.
//! Code of 40 pages instead of 50 was 1 % of a start (by programs with and without, in turn).

/// Has the function lie near the others; with `server:` before it, behind them, for only children of the fork server run it:
/// the shorter what a forked one runs, the less often it lies in two windows.
macro_rules! near {
    (@ $section:literal $(#[$attribute:meta])* $visibility:vis fn $($rest:tt)*) => {
        $(#[$attribute])*
        #[allow(unsafe_code, reason = "no more than a place for its code")]
        // SAFETY: a section that nothing but functions are in.
        #[unsafe(link_section = $section)]
        $visibility fn $($rest)*
    };
    (server: $($function:tt)*) => { near! { @ ".text_mp_runtime_server" $($function)* } };
    ($($function:tt)*) => { near! { @ ".text_mp_runtime" $($function)* } };
}
pub(crate) use near;
