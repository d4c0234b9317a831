//! How processes end: with a value, an error, a panic, an exit code, or by a signal. The parent can tell.
//!
//! Prints one line for each process (and the panic prints its own message on stderr):
//!
//! ```text
//! square: returned 49
//! measure: returned Size { words: 5, longest: "lucky" }
//! parse: failed: invalid digit found in string
//! divide: panicked: attempt to divide by zero (line 46)
//! leave: exited with code 7
//! hang: was killed by signal 9
//! ```
use std::fmt::Debug;
use std::io;
use std::num::ParseIntError;
use std::thread;

use mp_runtime::{Child, ExitKind, mp_main, process};
use serde::{Deserialize, Serialize};

#[process]
fn square(n: u32) -> u32 {
    n * n
}

/// Anything that serde can write and read may be a result.
#[derive(Debug, Serialize, Deserialize)]
struct Size {
    words: usize,
    longest: String,
}

#[process]
fn measure(text: &str) -> Size {
    let longest = text.split(' ').max_by_key(|word| word.len()).unwrap_or_default();
    Size { words: text.split(' ').count(), longest: longest.to_owned() }
}

#[process]
fn parse(text: &str) -> Result<u32, ParseIntError> {
    text.parse()
}

#[process]
fn divide(n: u32, by: u32) -> u32 {
    n / by
}

#[process]
fn leave() {
    std::process::exit(7);
}

/// A daemon: if `main` fails before it gets to `kill`, nobody waits for this one.
#[process(daemon)]
fn hang() {
    loop {
        thread::park();
    }
}

/// Waits for a process and prints how it ended.
fn tell<T: Debug>(child: Child<T>) {
    let name = child.name().to_owned();
    let error = match child.join() {
        Ok(value) => return println!("{name}: returned {value:?}"),
        Err(error) => error,
    };
    match error.exit().map(|exit| exit.kind()) {
        Some(ExitKind::Failed(message)) => println!("{name}: failed: {message}"),
        Some(ExitKind::Panicked(panic)) => {
            let line = panic.location().map_or(0, |location| location.line());
            println!("{name}: panicked: {} (line {line})", panic.message());
        }
        Some(ExitKind::Exited(code)) => println!("{name}: exited with code {code}"),
        Some(ExitKind::Signaled { signal, .. }) => println!("{name}: was killed by signal {signal}"),
        // There are a few more, such as `NotStarted`. The error says it all in one sentence.
        _ => println!("{name}: {error}"),
    }
}

mp_main! {
    square(7);
    measure("lucky is a good man");
    parse("seven");
    divide(7, 0);
    leave();
    hang();

    fn main() -> io::Result<()> {
        tell(square);
        tell(measure);
        tell(parse);
        tell(divide);
        tell(leave);
        hang.kill()?; // it would not end by itself
        tell(hang);
        Ok(()) // whoever joins a process decides what its failure means: here, nothing
    }
}
