//! `fixture_endings WAY PLACE`: starts the process that ends in that way, from that place; prints what its parent is
//! told, and then that the rest of main has run, and where.
#![allow(clippy::print_stdout, reason = "the test reads what this program prints")]

use std::env;
use std::panic::catch_unwind;
use std::thread;

use mp_tests::endings::{Threads, account};

fn main() {
    let args: Vec<String> = env::args().skip(1).collect();
    let [way, place] = args.as_slice() else { panic!("expected a way and a place, found {args:?}") };
    // Not a whole line: it is still in the buffer when the process is forked off.
    print!("{place}: ");
    match place.as_str() {
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
