#![deny(warnings)]
#![allow(dead_code, non_camel_case_types, unused_macros)]

use mp_runtime::{mp_main, process};

mod core {}
mod std {}
mod alloc {}
struct Result;
struct Option;
struct Ok;
struct Err;
struct Vec;
struct String;
struct Box;
struct Child;
struct Builder;
struct SpawnError;
struct ExitCode;
trait Sized {}
trait Body {}
trait FnOnce {}
trait Drop {}
trait From {}
macro_rules! vec {
    () => {};
}
macro_rules! panic {
    () => {};
}
fn drop() {}
fn program() {}
fn spawn() {}

#[process]
fn process(program: u32) -> u32 {
    program
}

#[process]
fn name(process: u32, name: u32) -> ::std::result::Result<u32, ::std::string::String> {
    ::std::result::Result::Ok(process + name)
}

#[process]
fn entry1(main: u32) -> (u32, u32) {
    (main, 1)
}

mp_main! {
    process(1);
    name(1, 2);
    entry1(1);
    entry2: name(1, 2);
    program: process(4);
    worker[2]: process(2);

    fn main() {
        assert!(::std::matches!(program.join(), ::std::result::Result::Ok(4)));
    }
}
