//! What a newcomer runs first: two functions, each in a process of its own.
//!
//! Prints "lucky is a good man" seven times and, somewhere among them, "xiaozhang is a good man".
use std::thread::sleep;
use std::time::Duration;

use mp_runtime::{mp_main, process};

#[process]
fn run1() {
    for _ in 0..7 {
        println!("lucky is a good man");
        sleep(Duration::from_millis(100));
    }
}

#[process(name = "run2", daemon)]
fn run2(name: &str, word: &str) {
    println!("{name} is a {word} man");
}

mp_main! {
    run1();
    run2("xiaozhang", "good");
}
