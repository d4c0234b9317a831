//! Where the code lies that a forked child runs.
//!
//! A child has none of the program's code mapped: the first touch of each window of 64 KiB is a page fault, 2 us with what it
//! costs at the end. The compiler and the linker lay out functions by the crate and the module that they are compiled with, so
//! what is on the way of every child would be all over the executable. It is linked into a section of its own instead; and
//! what it calls is inlined into it.

/// Has the function lie near the others.
macro_rules! near {
    ($(#[$attribute:meta])* $visibility:vis fn $($rest:tt)*) => {
        $(#[$attribute])*
        #[allow(unsafe_code, reason = "no more than a place for its code")]
        // SAFETY: a section that nothing but functions are in.
        #[unsafe(link_section = ".text_mp_runtime")]
        $visibility fn $($rest)*
    };
}
pub(crate) use near;
