//! The solution: each function in a process of its own, and both run at once.
//!
//! Prints the id of the process that started this program (your shell, say), then, a line a second each,
//! "lucky is a good man" seven times and "xiaozhang is a word man" five times. Takes 7 seconds, not 12.
use std::os::unix::process::parent_id;
use std::thread::sleep;
use std::time::Duration;

use mp_runtime::{mp_main, process};

#[process]
fn run1() {
    for _ in 0..7 {
        println!("lucky is a good man");
        sleep(Duration::from_secs(1));
    }
}

#[process]
fn run2(name: &str, word: &str) {
    for _ in 0..5 {
        println!("{name} is a {word} man");
        sleep(Duration::from_secs(1));
    }
}

mp_main! {
    run1();
    run2("xiaozhang", "word");

    fn main() {
        println!("my parent's id is {}", parent_id());
    }
}
