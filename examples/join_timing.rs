//! Waiting: `join` returns when a process has ended. Two that run at once take as long as the longer one.
//!
//! Prints "lucky is a good man" seven times, "xiaozhang is a word man" five times, then "both ended after 7.0 s".
use std::thread::sleep;
use std::time::{Duration, Instant};

use mp_runtime::{JoinError, mp_main, process};

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

    fn main() -> Result<(), JoinError> {
        let start = Instant::now(); // both have just been started
        run1.join()?;
        run2.join()?; // has ended long since: returns at once
        println!("both ended after {:.1} s", start.elapsed().as_secs_f64());
        Ok(())
    }
}
