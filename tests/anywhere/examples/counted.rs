//! A program to be compiled with `-C instrument-coverage`: functions that are called so often, by each start method and to each
//! end. What it prints are the names of the counts and these.
#![allow(clippy::print_stdout, reason = "it is read by a test")]

use std::hint::black_box;

use mp_runtime::StartMethod::{Exec, Fork, ForkServer};
use mp_runtime::{fork_server, process};

/// How often the parent calls its function, before its first child.
const IN_PARENT: u64 = 456_791;

/// How many processes there are of each kind.
const AT_ONCE: usize = 4;

#[inline(never)]
fn step() {
    black_box(());
}

#[inline(never)]
fn step_of_the_parent() {
    black_box(());
}

#[process(start = forkserver)]
fn count(times: u64, end: String) {
    for _ in 0..times {
        step();
    }
    match &*end {
        "returns" => {}
        "panics" => panic!("as it is to"),
        "exits" => std::process::exit(3),
        other => panic!("no end {other}"),
    }
}

fn main() {
    mp_tests_anywhere::stop_a_chain();
    for _ in 0..IN_PARENT {
        step_of_the_parent();
    }
    let mut next = 100_003;
    for (way, parked) in [(Fork, 0), (ForkServer, 0), (ForkServer, 2), (Exec, 0)] {
        if parked > 0 {
            fork_server().parked(parked).start().unwrap();
        }
        for end in ["returns", "panics", "exits"] {
            let start = |times: u64| count::process(times, end.to_owned()).start(way).spawn().unwrap();
            // Loops count their ends, too: no number is beside another.
            let numbers = [(); AT_ONCE].map(|()| {
                next += 97;
                next
            });
            for (times, child) in numbers.map(|times| (times, start(times))) {
                println!("{way:?}-{parked}-{end} {times}");
                assert_eq!(child.join().is_ok(), end == "returns");
            }
        }
    }
}
