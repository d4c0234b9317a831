//! A constructor of this executable, and changes of the environment.
#![allow(unsafe_code, reason = "the place where the C library looks for constructors, and the environment")]

use std::env;

/// Called before `main` in every process of this executable, the images of the runtime included.
#[used]
// SAFETY: the section is an array of such functions.
#[unsafe(link_section = ".init_array.00200")]
static CONSTRUCTOR: extern "C" fn() = constructor;

extern "C" fn constructor() {
    super::construct();
}

/// How many processes of this program are above the calling one, which is before its `main`; those that it starts know of it.
pub(crate) fn deepen() -> u32 {
    let depth = env::var("MP_DEPTH").map_or(0, |text| text.parse().expect("a number"));
    // SAFETY: before `main` there is one thread.
    unsafe { env::set_var("MP_DEPTH", (depth + 1).to_string()) };
    depth
}

/// Sets a variable of the environment, in a program of one thread.
pub(crate) fn set(name: &str, value: &str) {
    // SAFETY: nobody else reads it.
    unsafe { env::set_var(name, value) };
}
