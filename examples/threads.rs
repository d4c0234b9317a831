//! Starts processes from a thread for each input: each is parsed in a process of its own, so that one that crashes its
//! parser costs that input only.
//!
//! A program with threads cannot be forked; its processes come from the fork server. Prints a line for each input, in order.
use std::thread;

use mp_runtime::{ExitKind, process};

/// A parser that one had better not trust.
#[process(start = forkserver)]
fn parse(text: String) -> Result<i64, std::num::ParseIntError> {
    if text == "crash" {
        std::process::abort();
    }
    text.parse()
}

/// What became of one input.
fn describe(text: &str) -> Result<String, mp_runtime::SpawnError> {
    Ok(match parse::spawn(text.to_owned())?.join() {
        Ok(number) => format!("{text}: {number}"),
        Err(error) => match error.exit().map(|exit| exit.kind()) {
            Some(ExitKind::Failed(why)) => format!("{text}: no number, {why}"),
            Some(ExitKind::Signaled { signal, .. }) => format!("{text}: its parser was killed by signal {signal}"),
            _ => error.to_string(),
        },
    })
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let inputs = ["1", "-20", "lucky", "300", "crash", "4000", "", "50000"];
    thread::scope(|scope| {
        let lines = inputs.map(|text| scope.spawn(move || describe(text)));
        for line in lines {
            println!("{}", line.join().expect("`describe` does not panic")?);
        }
        Ok(())
    })
}
