//! The ways to end, each a process.

use std::io;
use std::num::ParseIntError;
use std::process::{abort, exit};

use mp_runtime::process;

use crate::endings::{Threads, sys, tell};
use crate::sys::raise;

#[process]
fn returns() -> u32 {
    49
}

#[process]
fn errs() -> Result<u32, ParseIntError> {
    "seven".parse()
}

#[process]
fn panics() -> u32 {
    panic!("out of luck")
}

/// As every panic does in a program built with `panic = "abort"`: nothing can catch it.
#[process]
fn panics_across_c() {
    extern "C" fn callback() {
        panic!("out of luck in C");
    }
    callback();
}

#[process]
fn exits() {
    exit(7);
}

#[process]
fn exits_at_once() -> ! {
    sys::exit_at_once(8)
}

#[process]
fn aborts() -> ! {
    abort()
}

#[process]
fn segfaults() -> u8 {
    sys::read_forbidden_memory()
}

#[process]
fn is_killed() -> io::Result<()> {
    raise(libc::SIGKILL)
}

#[process]
fn gets_a_real_time_signal() -> io::Result<()> {
    raise(libc::SIGRTMIN() + 3)
}

#[process]
fn overflows_its_stack() -> u64 {
    sys::use_up_the_stack(0)
}

/// Started after [`sys::kill_children_at_birth`].
#[process]
#[allow(clippy::print_stdout, reason = "nobody may see it")]
fn never_begins() {
    println!("the body of a process that was killed before it");
}

macro_rules! ways {
    ($($way:ident($($arrow:tt)*))*) => {
        /// The same, for a program with threads.
        mod threaded {
            use super::*;
            $(
                #[process(unsafe(threads))]
                pub(super) fn $way() $($arrow)* {
                    super::$way()
                }
            )*
        }

        /// The account of the way of this name, if there is one.
        pub(super) fn account(way: &str, threads: Threads) -> Option<String> {
            $(if way == stringify!($way) {
                return Some(match threads {
                    Threads::Refused => tell($way::process()),
                    Threads::AnsweredFor => tell(threaded::$way::process()),
                });
            })*
            None
        }
    };
}

ways! {
    returns(-> u32)
    errs(-> Result<u32, ParseIntError>)
    panics(-> u32)
    panics_across_c()
    exits()
    exits_at_once(-> !)
    aborts(-> !)
    segfaults(-> u8)
    is_killed(-> io::Result<()>)
    gets_a_real_time_signal(-> io::Result<()>)
    overflows_its_stack(-> u64)
    never_begins()
}
