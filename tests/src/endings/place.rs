//! The places to spawn a process from.
#![allow(clippy::print_stdout, reason = "the test reads what is printed here")]

use std::panic::catch_unwind;
use std::thread;

use crate::endings::{Threads, account};

/// Starts the process that ends in this way, from this place; prints what its parent is told, and then that the rest of
/// main has run, and where.
///
/// # Panics
///
/// If there is no such way, or no such place.
pub fn run(way: &str, place: &str) {
    // Not a whole line: it is still in the buffer when the process is forked off.
    print!("{place}: ");
    match place {
        "plain_main" => println!("{}", account(way, Threads::Refused)),
        "catch_unwind" => {
            if catch_unwind(|| println!("{}", account(way, Threads::Refused))).is_err() {
                println!("a panic has come out of it");
            }
        }
        "second_thread" => in_second_thread(way, Threads::Refused),
        "second_thread_answered_for" => in_second_thread(way, Threads::AnsweredFor),
        _ => panic!("expected a place, found `{place}`"),
    }
    println!("the rest of main, in process {}", std::process::id());
}

fn in_second_thread(way: &str, threads: Threads) {
    let way = way.to_owned();
    let second = thread::Builder::new().name("second".to_owned());
    let second = second.spawn(move || println!("{}", account(&way, threads)));
    if second.map(|thread| thread.join().is_err()).unwrap_or(true) {
        println!("the second thread has not come to its end");
    }
}
