#![deny(warnings)]

use mp_runtime::{mp_main, process};

#[process]
fn plain() {}

#[process()]
fn empty() {}

#[process(name = "a name of its own")]
fn named() {}

#[process(name = r"raw",)]
fn trailing_comma() {}

#[process(daemon)]
fn daemon() {}

#[process(unsafe(threads))]
fn threads() {}

#[process(crate = ::mp_runtime)]
fn with_crate() -> u32 {
    1
}

#[process(name = "all", daemon, unsafe(threads), crate = ::mp_runtime)]
fn all() -> Result<u32, &'static str> {
    Ok(1)
}

mp_main! {
    #![crate = ::mp_runtime]
    plain();
    empty();
    named();
    trailing_comma();
    daemon();
    threads();
    with_crate();
    all();
}
