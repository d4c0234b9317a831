//! A static that begins a page.

/// Has the static begin a page without taking up all of it, so that what the linker puts behind it lies in the same page: std's stdout is among
/// that, and parent and child of a start write to it, too. If a linker does otherwise, that costs them a page fault each.
macro_rules! first_in_page {
    ($(#[$attribute:meta])* static $name:ident: $type:ty = $value:expr;) => {
        // A module, for the lint: an attribute does nothing for `global_asm!` itself. With the static in it, so that both come out of one
        // compilation unit, as one section.
        #[allow(unsafe_code, reason = "no more than a place")]
        mod page {
            use super::*;

            // The section is aligned, not the type, which would be as large as a page then.
            std::arch::global_asm!(".pushsection .data.mp_runtime,\"aw\",%progbits", ".balign 4096", ".popsection");

            $(#[$attribute])*
            // SAFETY: a section of data that is written to, as the static is, and that nothing else is in.
            #[unsafe(link_section = ".data.mp_runtime")]
            pub(super) static $name: $type = $value;
        }
        use page::$name;
    };
}
pub(crate) use first_in_page;
