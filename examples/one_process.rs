//! The problem: in one process, one thing happens after the other. Nothing here is a process function.
//!
//! Prints "lucky is a good man" every second, for ever: `run2` is never reached. End it with Ctrl-C.
use std::thread::sleep;
use std::time::Duration;

fn run1() {
    loop {
        println!("lucky is a good man");
        sleep(Duration::from_secs(1));
    }
}

fn run2(name: &str, word: &str) {
    loop {
        println!("{name} is a {word} man");
        sleep(Duration::from_secs(1));
    }
}

fn main() {
    run1();
    run2("xiaozhang", "word");
}
